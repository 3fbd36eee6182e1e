import { rename, utimes, writeFile } from 'node:fs/promises'

const lastWrittenMs = new Map<string, number>()

/**
 * Writes a file that only its owner may read, whole or not at all. Each writing gets a modification time of its own: the
 * broker tells by that, in milliseconds, that a file has changed.
 */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.tmp`
  const writtenMs = Math.max(Date.now(), (lastWrittenMs.get(file) ?? 0) + 1)
  lastWrittenMs.set(file, writtenMs)
  await writeFile(temporary, text, { mode: 0o600 })
  await utimes(temporary, new Date(writtenMs), new Date(writtenMs))
  await rename(temporary, file)
}
