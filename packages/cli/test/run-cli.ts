import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

export interface CliRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the built command line as users do, in a process of its own that leads a process group. */
export function startCli(args: readonly string[], onStderr: (text: string) => void = () => {}) {
  const child: ChildProcess = spawn(process.execPath, [main, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
    onStderr(stderr)
  })
  const ended = once(child, 'close').then(
    ([code]): CliRun => ({ code: code as number | null, stdout, stderr }),
  )
  return { child, ended }
}

export function runCli(...args: readonly string[]): Promise<CliRun> {
  return startCli(args).ended
}
