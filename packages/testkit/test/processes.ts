import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { identifyProcess } from '@tidewater/core/processes'
import { expect } from 'vitest'

/** Ids of the processes whose command line names `text`. Linux only, as /proc is. */
export async function processesNaming(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(
    // A process may end between the listing and the reading.
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return pids.filter((_, index) => lines[index]?.includes(text)).map(Number)
}

/** Waits until none of the processes runs any more. */
export async function expectGone(pids: readonly (number | undefined)[]): Promise<void> {
  for (const pid of pids) {
    if (pid === undefined) throw new TypeError('expectGone needs process ids')
    await expect.poll(() => identifyProcess(pid), { timeout: 20_000, interval: 50 }).toBeUndefined()
  }
}

/** Runs a TypeScript file of the fixtures against the sources, in a process of its own. */
export function startFixture(file: string, env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, ['--conditions=@tidewater/source', '--import', 'tsx', file], {
    cwd: import.meta.dirname,
    env: { ...env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const firstLine = new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.once('exit', (code) => reject(new TypeError(`${file} ended with ${code} before its first line`)))
  })
  return { child, firstLine }
}
