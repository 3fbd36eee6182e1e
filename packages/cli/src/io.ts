import { isAbsolute, resolve } from 'node:path'

/** What a command may touch of the world; tests bring their own. */
export interface CliIo {
  /** The document or the answer; with `--json` one JSON document and nothing else. */
  stdout(text: string): void
  /** Progress, plans, errors. */
  stderr(text: string): void
  /** Whether `stderr` is a terminal on which a line can be drawn over. */
  readonly isTty: boolean
  readonly columns: number
  /** Fires on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  now(): number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** The real process. The first SIGINT or SIGTERM aborts `signal`; a second one ends the process at once. */
export function processIo(): CliIo {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort(name)
    })
  }
  // A reader that closes the pipe early (`| head`) is no error of ours.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  leaveOutLibraryWarnings()
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTty: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
    signal: controller.signal,
    now: () => Date.now(),
    env: process.env,
    cwd: process.cwd(),
  }
}

// kafkajs sets timers in the past (Node warns of it from version 23 on), and the AWS SDK tells each process on Node 20 that it
// will want a newer one: neither is for the user of a command. Every other warning is printed as Node does.
const libraryWarnings = new Set(['TimeoutNegativeWarning', 'NodeVersionSupportWarning'])

function leaveOutLibraryWarnings(): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    const isLibrarys = [...libraryWarnings].some((name) =>
      `${warning.name}: ${warning.message}`.includes(name),
    )
    if (!isLibrarys) process.stderr.write(`(node:${process.pid}) ${warning.name}: ${warning.message}\n`)
  })
}

/** `path` as the user meant it: relative to the folder the command was called in. */
export function resolvePath(io: CliIo, path: string): string {
  return isAbsolute(path) ? path : resolve(io.cwd, path)
}
