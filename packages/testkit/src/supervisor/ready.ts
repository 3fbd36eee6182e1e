import { abortableSleep, messageOf, TidewaterError, throwIfAborted } from '@tidewater/core'
import { readLogTail } from './log-tail.js'
import type { SupervisedProcess } from './supervise.js'

const pollMs = 50

/**
 * Asks `probe` until it resolves. The process is killed when it does not get ready.
 *
 * @throws TidewaterError `PROCESS_FAILED` when the process ends first, `PROCESS_START_TIMEOUT` after `timeoutMs`,
 *   `ABORTED` when the signal fires
 */
export async function becomesReady<T>(
  supervised: SupervisedProcess,
  probe: () => Promise<T>,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs
  let lastAnswer: unknown
  try {
    for (;;) {
      throwIfAborted(options.signal)
      if (supervised.exit() !== undefined) throw await supervised.failure('ended before it was ready')
      try {
        return await probe()
      } catch (thrown) {
        lastAnswer = thrown
      }
      if (performance.now() >= deadline) throw await timedOut(supervised, options.timeoutMs, lastAnswer)
      await abortableSleep(pollMs, options.signal)
    }
  } catch (thrown) {
    await supervised.kill()
    throw thrown
  }
}

async function timedOut(
  supervised: SupervisedProcess,
  timeoutMs: number,
  lastAnswer: unknown,
): Promise<TidewaterError> {
  const tail = await readLogTail(supervised.logFile)
  return new TidewaterError(
    'PROCESS_START_TIMEOUT',
    `${supervised.name} was not ready within ${timeoutMs} ms (${messageOf(lastAnswer)}). The end of its log:\n${tail}`,
    {
      retryable: true,
      remedy: `Read the whole log: ${supervised.logFile}. On a slow machine raise readyTimeoutMs.`,
      details: { timeoutMs, logFile: supervised.logFile },
      cause: lastAnswer,
    },
  )
}
