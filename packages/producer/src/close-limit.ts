import { describeValue, TidewaterError } from '@tidewater/core'

/** Longest delay of a timer: Node takes a longer one for 1 ms. */
const maxTimerMs = 2 ** 31 - 1

/** @throws TidewaterError `CONFIG_INVALID` */
export function requireCloseTimeout(timeoutMs: unknown): number {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return timeoutMs
  throw new TidewaterError(
    'CONFIG_INVALID',
    `timeoutMs must be a number of at least 0, got ${describeValue(timeoutMs)}`,
    { remedy: 'Pass milliseconds, or Infinity for no limit.', details: { option: 'timeoutMs' } },
  )
}

/** When closing gives up. Each call to close has a limit; the earliest counts. */
export class CloseLimit {
  #dueMs = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(
    readonly nowMs: () => number,
    readonly onOver: (timeoutMs: number) => void,
  ) {}

  /** @param timeoutMs from now on; Infinity sets none */
  atMost(timeoutMs: number): void {
    const dueMs = this.nowMs() + timeoutMs
    if (this.#isOver || dueMs >= this.#dueMs) return
    clearTimeout(this.#timer)
    this.#dueMs = dueMs
    this.#timer = setTimeout(() => this.onOver(timeoutMs), Math.min(timeoutMs, maxTimerMs))
  }

  /** Closed: no limit counts any more. */
  end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }
}
