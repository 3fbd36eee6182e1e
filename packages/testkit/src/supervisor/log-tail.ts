import { open, stat } from 'node:fs/promises'

const readBytes = 65_536
const notableLines = 5

/** What tells the cause in a log, for an error message; empty when there is no log. */
export async function readLogTail(file: string, lines = 30): Promise<string> {
  const { text, isCut } = await readLogFrom(file, 0)
  return tailOf(text, lines, isCut)
}

/** What was written to a log after `offset`, its last 64 KiB at most; empty when there is no log. */
export async function readLogFrom(file: string, offset: number): Promise<{ text: string; isCut: boolean }> {
  try {
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      const start = Math.max(offset, size - readBytes)
      const { buffer, bytesRead } = await handle.read({
        buffer: Buffer.alloc(Math.max(0, size - start)),
        position: start,
      })
      return { text: buffer.toString('utf8', 0, bytesRead), isCut: start > offset }
    } finally {
      await handle.close()
    }
  } catch {
    return { text: '', isCut: false }
  }
}

/** Size of a log in bytes; 0 when there is none. */
export async function logSize(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  )
}

/**
 * The last `lines` lines of `text`, and before them the first errors further up: a server logs its orderly shutdown after
 * what caused it. The first line is dropped when it was cut. Pure.
 */
export function tailOf(text: string, lines: number, firstLineIsCut = false): string {
  const all = text
    .trimEnd()
    .split('\n')
    .slice(firstLineIsCut ? 1 : 0)
  const earlierErrors = all.slice(0, -lines).filter((line) => /\b(ERROR|FATAL)\b/.test(line))
  const notable = earlierErrors.slice(0, notableLines)
  return [...notable, ...(notable.length > 0 ? ['[...]'] : []), ...all.slice(-lines)].join('\n')
}
