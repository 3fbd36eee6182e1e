import { setTimeout as sleep } from 'node:timers/promises'
import { TidewaterError } from '@tidewater/core'
import { scopeHeaders } from '../emulator.js'
import { type WireRecord, wireMap, wireRecord, wireString } from '../wire-values.js'

const ofIceberg = ['table_type', 'metadata_location', 'previous_metadata_location']
/** What UpdateTable takes of what GetTable gives (Glue API reference, TableInput). */
const inputFields = [
  'Name',
  'Description',
  'Owner',
  'LastAccessTime',
  'LastAnalyzedTime',
  'Retention',
  'StorageDescriptor',
  'PartitionKeys',
  'ViewOriginalText',
  'ViewExpandedText',
  'TableType',
  'TargetTable',
]
const attemptsMax = 20
const retryMs = 50

export interface GlueTable {
  readonly database: string
  readonly name: string
}

/**
 * Writes the table with only Iceberg's own parameters. A version that another has written since it was read is never written over.
 *
 * @param url of the emulator, which takes unsigned requests
 * @throws TidewaterError `PROCESS_FAILED` when the local Glue refuses
 */
export async function dropOthersParameters(url: string, { database, name }: GlueTable): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { body, refusal } = await call(url, 'GetTable', { DatabaseName: database, Name: name })
    if (refusal !== undefined) throw refused('GetTable', refusal)
    const table = wireRecord(body.Table)
    const parameters = Object.entries(wireMap(table.Parameters))
    const kept = parameters.filter(([parameter]) => ofIceberg.includes(parameter))
    if (kept.length === parameters.length) return
    const given = inputFields.flatMap((field) => (table[field] === undefined ? [] : [[field, table[field]]]))
    const written = await call(url, 'UpdateTable', {
      DatabaseName: database,
      TableInput: { ...Object.fromEntries(given), Parameters: Object.fromEntries(kept) },
      VersionId: wireString(table.VersionId),
    })
    if (written.refusal === undefined) return
    if (attempt >= attemptsMax) throw refused('UpdateTable', written.refusal)
    await sleep(retryMs)
  }
}

async function call(url: string, operation: string, input: WireRecord) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      ...scopeHeaders('glue'),
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSGlue.${operation}`,
    },
    body: JSON.stringify(input),
  })
  const text = await response.text()
  return response.ok
    ? { body: wireRecord(text === '' ? {} : JSON.parse(text)), refusal: undefined }
    : { body: {}, refusal: `${response.status} ${text}` }
}

function refused(operation: string, refusal: string): TidewaterError {
  return new TidewaterError('PROCESS_FAILED', `The local Glue refuses ${operation}: ${refusal}`)
}
