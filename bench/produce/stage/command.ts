import { execFile } from 'node:child_process'
import { messageOf, TidewaterError } from '@tidewater/core'

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** No client and no tool takes this long: one that does hangs. */
const limitMs = 15 * 60_000

/**
 * What the program printed on stdout. It ends with the signal.
 *
 * @throws TidewaterError `PROCESS_FAILED` with the end of what it printed on stderr, `ABORTED`
 */
export function runCommand({ program, args, env }: Command, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, signal, timeout: limitMs, maxBuffer: 2 ** 24 }
    execFile(program, args, { ...options, killSignal: 'SIGKILL' }, (failure, stdout, stderr) => {
      if (failure === null) return resolve(stdout)
      if (signal.aborted) return reject(new TidewaterError('ABORTED', 'Interrupted'))
      const lines = stderr.trim().split('\n')
      const why = failure.killed
        ? `had not ended after ${limitMs / 60_000} minutes`
        : lines.slice(-8).join('\n') || messageOf(failure)
      reject(new TidewaterError('PROCESS_FAILED', `${program}: ${why}`, { cause: failure }))
    })
  })
}
