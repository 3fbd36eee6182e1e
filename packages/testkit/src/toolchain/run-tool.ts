import { readFile } from 'node:fs/promises'
import { type ErrorCode, TidewaterError, throwIfAborted } from '@tidewater/core'
import { supervise } from '../supervisor/supervise.js'

export interface ToolRun {
  /** For messages: "Maven". */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly logFile: string
  readonly onLine: (line: string) => void
  /** Picks from everything printed what tells the cause. */
  readonly explain: (lines: readonly string[]) => string
  readonly signal?: AbortSignal | undefined
  /** What a failure means, from what `explain` picked. Default: a download that failed and may be tried again. */
  readonly failure?: (explanation: string) => ToolFailure
}

export interface ToolFailure {
  readonly code: ErrorCode
  readonly remedy: string
  /** Default false. */
  readonly retryable?: boolean
}

/**
 * Runs a tool to its end.
 *
 * @throws TidewaterError `DOWNLOAD_FAILED`, or what `failure` says, with what the tool said; `PROCESS_FAILED` when it can't
 *   be started; `ABORTED` when the signal fires
 */
export async function runTool(run: ToolRun): Promise<void> {
  throwIfAborted(run.signal)
  const lines: string[] = []
  const tool = await supervise({
    ...run,
    onStdoutLine: (line) => {
      lines.push(line)
      run.onLine(line)
    },
  })
  const abort = () => void tool.kill()
  run.signal?.addEventListener('abort', abort, { once: true })
  if (run.signal?.aborted) abort()
  const exit = await tool.ended
  run.signal?.removeEventListener('abort', abort)
  throwIfAborted(run.signal)
  if (exit.code === 0) return
  const errorLines = (await readFile(run.logFile, 'utf8')).split('\n').filter((line) => line.trim() !== '')
  const explanation = run.explain([...lines, ...errorLines])
  const { code, remedy, retryable = false } = run.failure?.(explanation) ?? downloadFailure(run.name)
  throw new TidewaterError(
    code,
    `${run.name} failed (${exit.signal ?? `exit code ${exit.code}`}):\n${explanation}`,
    {
      retryable,
      remedy,
      details: { exitCode: exit.code, signal: exit.signal, command: [run.command, ...run.args] },
    },
  )
}

export function downloadFailure(name: string): ToolFailure {
  return {
    code: 'DOWNLOAD_FAILED',
    retryable: true,
    remedy: `Check the network, and the proxy and mirror settings of ${name}, then run it again.`,
  }
}
