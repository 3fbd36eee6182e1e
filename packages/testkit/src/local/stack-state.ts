import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseConfig, TidewaterError } from '@tidewater/core'
import { z } from 'zod'
import { sparkResourcesSchema } from './options.js'

const identitySchema = z.strictObject({ pid: z.int().min(1), startedAt: z.string().min(1) })

const stackRecordSchema = z.strictObject({
  version: z.literal(1),
  bootstrapBrokers: z.string(),
  brokerPort: z.int(),
  controllerPort: z.int(),
  clusterId: z.string(),
  stateFolder: z.string(),
  /** attached: ends with the process that started it. detached: lives until it is stopped. */
  lifetime: z.enum(['attached', 'detached']),
  /** ISO 8601. */
  startedAt: z.string(),
  /** pid and start of the broker's process: a pid alone may be somebody else's by now. */
  broker: identitySchema,
  brokerLogFile: z.string(),
  warehouseFolder: z.string(),
  spark: sparkResourcesSchema,
})

/** What is recorded of a running stack in `<stateFolder>/stack.json`. */
export type StackRecord = Readonly<z.output<typeof stackRecordSchema>>

export function stackFile(stateFolder: string): string {
  return join(stateFolder, 'stack.json')
}

/**
 * Reads the record; undefined when there is none.
 *
 * @throws TidewaterError `CONFIG_INVALID` when the file is not such a record
 */
export async function readStackRecord(stateFolder: string): Promise<StackRecord | undefined> {
  const file = stackFile(stateFolder)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new TidewaterError('FOLDER_NOT_WRITABLE', `${file} can't be read`, {
      remedy: 'Choose another state folder.',
      cause: thrown,
    })
  }
  return parseStackRecord(text, file)
}

/** Pure. @throws TidewaterError `CONFIG_INVALID` */
export function parseStackRecord(text: string, file: string): StackRecord {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    throw new TidewaterError('CONFIG_INVALID', `${file} is not JSON`, {
      remedy: `Remove ${file} if no stack runs from that folder.`,
      cause: thrown,
    })
  }
  return parseConfig(stackRecordSchema, value, file)
}

/** Writes the record whole or not at all. */
export async function writeStackRecord(record: StackRecord): Promise<void> {
  const file = stackFile(record.stateFolder)
  await writeFile(`${file}.tmp`, `${JSON.stringify(record, null, 2)}\n`)
  await rename(`${file}.tmp`, file)
}

export async function removeStackRecord(stateFolder: string): Promise<void> {
  await rm(stackFile(stateFolder), { force: true })
}
