import { parseObjectUri } from '../object-uri.js'
import { type AwsFault, type AwsOutcome, result } from '../service.js'
import { epochSeconds, pageOf, type WireRecord, wireRecord, wireString } from '../wire-values.js'
import { invalidRequest, listPageSize, pageSize } from './query-request.js'

interface WorkGroup {
  readonly name: string
  readonly description: string | undefined
  readonly configuration: WireRecord
  readonly createdAtMs: number
}

/** EngineVersion of the API. */
export const engineVersion = {
  SelectedEngineVersion: 'AUTO',
  EffectiveEngineVersion: 'Athena engine version 3',
}

/** Workgroups, of which a query needs only where its results go. */
export class WorkGroups {
  readonly #byName = new Map<string, WorkGroup>()

  constructor(primaryLocation: string, nowMs: number) {
    const ResultConfiguration = { OutputLocation: primaryLocation }
    this.#byName.set('primary', {
      name: 'primary',
      description: undefined,
      configuration: { ResultConfiguration, EnforceWorkGroupConfiguration: false },
      createdAtMs: nowMs,
    })
  }

  create(request: WireRecord, nowMs: number): AwsOutcome {
    const name = wireString(request.Name) ?? ''
    if (!/^[a-zA-Z0-9._-]{1,128}$/.test(name)) return invalidRequest(`Not a name of a workgroup: ${name}`)
    if (this.#byName.has(name)) return invalidRequest('WorkGroup is already created')
    const description = wireString(request.Description)
    const configuration = wireRecord(request.Configuration)
    this.#byName.set(name, { name, description, configuration, createdAtMs: nowMs })
    return result({})
  }

  get(request: WireRecord): AwsOutcome {
    const found = this.#find(request.WorkGroup)
    if (found === undefined) return workGroupNotFound(request.WorkGroup)
    const { EngineVersion, ...summary } = workGroupSummary(found)
    const defaults = { EnforceWorkGroupConfiguration: true, RequesterPaysEnabled: false }
    return result({
      WorkGroup: { ...summary, Configuration: { ...defaults, ...found.configuration, EngineVersion } },
    })
  }

  list({ NextToken, MaxResults }: WireRecord): AwsOutcome {
    const size = pageSize(MaxResults, listPageSize)
    if (typeof size !== 'number') return size
    const { items, next } = pageOf([...this.#byName.values()], NextToken, size)
    return result({ WorkGroups: items.map(workGroupSummary), NextToken: next })
  }

  delete({ WorkGroup }: WireRecord): AwsOutcome {
    const name = wireString(WorkGroup) ?? ''
    if (name === 'primary') return invalidRequest('WorkGroup primary can not be deleted')
    return this.#byName.delete(name) ? result({}) : workGroupNotFound(name)
  }

  /** The folder for a query's results, with a slash at its end. A workgroup that enforces its own beats what is asked for. */
  outputLocation(name: string, asked: string | undefined): string | AwsFault {
    const found = this.#find(name)
    if (found === undefined) return workGroupNotFound(name)
    const { EnforceWorkGroupConfiguration: enforced = true, ResultConfiguration } = found.configuration
    const own = wireString(wireRecord(ResultConfiguration).OutputLocation)
    const location = enforced === true ? (own ?? asked) : (asked ?? own)
    if (location !== undefined && parseObjectUri(location) === undefined)
      return invalidRequest(`outputLocation is not a valid S3 path: ${location}`)
    if (location !== undefined) return location.endsWith('/') ? location : `${location}/`
    return invalidRequest(
      'No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.',
    )
  }

  #find(name: unknown): WorkGroup | undefined {
    return this.#byName.get(wireString(name) ?? '')
  }
}

function workGroupSummary({ name, description, createdAtMs }: WorkGroup): WireRecord {
  return {
    Name: name,
    State: 'ENABLED',
    Description: description,
    CreationTime: epochSeconds(createdAtMs),
    EngineVersion: engineVersion,
  }
}

function workGroupNotFound(name: unknown): AwsFault {
  return invalidRequest(`WorkGroup ${name} is not found.`)
}
