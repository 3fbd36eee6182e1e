import { type AwsFault, fault } from '../service.js'
import { isWireRecord, type WireRecord, wireRecord, wireString } from '../wire-values.js'

export function invalid(message: string): AwsFault {
  return fault('ValidationException', 400, message)
}

/** This service says it with status 400. */
export function notFound(message: string): AwsFault {
  return fault('ResourceNotFoundException', 400, message)
}

/** What is wrong with a request for a virtual cluster; undefined when nothing is. */
export function clusterProblem(request: WireRecord): AwsFault | undefined {
  if (wireString(request.name) === undefined) return missing('name')
  if (wireString(request.clientToken) === undefined) return missing('clientToken')
  const provider = wireRecord(request.containerProvider)
  if (provider.type !== 'EKS') return invalid(`Invalid container provider type: ${provider.type}`)
  if (wireString(provider.id) === undefined) return missing('containerProvider.id')
  const { namespace } = wireRecord(wireRecord(provider.info).eksInfo)
  return wireString(namespace) === undefined ? missing('containerProvider.info.eksInfo.namespace') : undefined
}

/** What is wrong with a request for a job run; undefined when nothing is. */
export function jobRunProblem(request: WireRecord): AwsFault | undefined {
  for (const field of ['clientToken', 'executionRoleArn', 'releaseLabel'])
    if (wireString(request[field]) === undefined) return missing(field)
  const release = String(request.releaseLabel)
  if (!/^emr-(spark-)?\d+\.\d+\.\d+(-latest|-\d{8})?$/.test(release))
    return invalid(`Release label ${release} is not supported.`)
  const submit = wireRecord(request.jobDriver).sparkSubmitJobDriver
  if (!isWireRecord(submit)) return missing('jobDriver.sparkSubmitJobDriver')
  if (wireString(submit.entryPoint) === undefined) return missing('jobDriver.sparkSubmitJobDriver.entryPoint')
  const { maxAttempts = 1 } = wireRecord(request.retryPolicyConfiguration)
  if (typeof maxAttempts === 'number' && maxAttempts >= 1) return undefined
  return invalid(`retryPolicyConfiguration.maxAttempts must be at least 1; it is ${maxAttempts}.`)
}

function missing(path: string): AwsFault {
  return invalid(
    `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  )
}
