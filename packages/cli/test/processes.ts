import { readdir, readFile } from 'node:fs/promises'

/** Command lines of the running processes that name `folder`, the whole of their state. Linux only, as /proc is. */
export async function processesUsing(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(
    // A process may end between the listing and the reading.
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return lines.map((line) => line.replaceAll('\0', ' ').trim()).filter((line) => line.includes(folder))
}
