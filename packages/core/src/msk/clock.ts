import { abortableSleep } from '../retry/run.js'

/** Time and chance, as arguments, so that waiting can be tested without it. */
export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number
  /** Rejects with `ABORTED` when the signal fires first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** A number in [0, 1). */
  random(): number
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  sleep: abortableSleep,
  random: Math.random,
}
