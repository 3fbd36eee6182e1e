import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { parseStackRecord, type StackRecord } from './stack-record.js'

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

/** Writes the record whole or not at all. */
export async function writeStackRecord(record: StackRecord): Promise<void> {
  const file = stackFile(record.stateFolder)
  await writeFile(`${file}.tmp`, `${JSON.stringify(record, null, 2)}\n`)
  await rename(`${file}.tmp`, file)
}

export async function removeStackRecord(stateFolder: string): Promise<void> {
  await rm(stackFile(stateFolder), { force: true })
}
