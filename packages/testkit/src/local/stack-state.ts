import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { isRunning, type ProcessIdentity } from '@tidewater/core/processes'
import {
  describeStack,
  parseStackRecord,
  recordedBrokers,
  type StackFacts,
  type StackRecord,
} from './stack-record.js'

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

/** The record of a stack of which at least one broker runs; undefined when there is none. */
export async function readRunningStack(stateFolder: string): Promise<StackRecord | undefined> {
  const record = await readStackRecord(stateFolder)
  if (record === undefined) return undefined
  const running = await Promise.all(recordedBrokers(record).map(({ process }) => isRunning(process)))
  return running.includes(true) ? record : undefined
}

/** Writes the record whole or not at all. */
export async function writeStackRecord(record: StackRecord): Promise<void> {
  const file = stackFile(record.stateFolder)
  await writeFile(`${file}.tmp`, `${JSON.stringify(record, null, 2)}\n`)
  await rename(`${file}.tmp`, file)
}

/**
 * Keeps the record of a running stack: each call adds the brokers that were started, and writes all that is known by
 * then. One write at a time, for brokers may be started side by side.
 */
export function stackRecorder(facts: Omit<StackFacts, 'processes'>) {
  const processes = new Map<number, ProcessIdentity>()
  let written: Promise<unknown> = Promise.resolve()
  return async (
    started: readonly (readonly [nodeId: number, process: ProcessIdentity])[],
    lifetime = facts.lifetime,
  ): Promise<StackRecord> => {
    for (const [nodeId, process] of started) processes.set(nodeId, process)
    const record = describeStack({ ...facts, lifetime, processes })
    const write = written.then(() => writeStackRecord(record))
    written = write.catch(() => {})
    await write
    return record
  }
}

export async function removeStackRecord(stateFolder: string): Promise<void> {
  await rm(stackFile(stateFolder), { force: true })
}
