import { readFile } from 'node:fs/promises'
import { TidewaterError, throwIfAborted } from '@tidewater/core'
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
}

/**
 * Runs a tool that downloads, to its end.
 *
 * @throws TidewaterError `DOWNLOAD_FAILED` with what it said, `ABORTED` when the signal fires
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
  throw new TidewaterError(
    'DOWNLOAD_FAILED',
    `${run.name} failed (${exit.signal ?? `exit code ${exit.code}`}):\n${run.explain([...lines, ...errorLines])}`,
    {
      retryable: true,
      remedy: `Check the network, and the proxy and mirror settings of ${run.name}, then run it again.`,
      details: { exitCode: exit.code, signal: exit.signal, command: [run.command, ...run.args] },
    },
  )
}
