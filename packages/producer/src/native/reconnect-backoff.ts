import type { TidewaterError } from '@tidewater/core'
import { backoffMs } from './backoff.js'

interface Failure {
  readonly timesInARow: number
  readonly error: TidewaterError
  readonly untilMs: number
}

/** Which brokers are left alone for a while because they could not be connected to. Pure. */
export class ReconnectBackoff {
  readonly #failures = new Map<string, Failure>()

  /** Why the broker is not to be tried now; undefined when it is. */
  reasonToWait(address: string, nowMs: number): TidewaterError | undefined {
    const failure = this.#failures.get(address)
    return failure !== undefined && nowMs < failure.untilMs ? failure.error : undefined
  }

  /** How often in a row it could not be connected to. */
  timesInARow(address: string): number {
    return this.#failures.get(address)?.timesInARow ?? 0
  }

  failed(address: string, error: TidewaterError, nowMs: number): void {
    const timesBefore = this.timesInARow(address)
    const untilMs = nowMs + backoffMs(timesBefore)
    this.#failures.set(address, { timesInARow: timesBefore + 1, error, untilMs })
  }

  connected(address: string): void {
    this.#failures.delete(address)
  }
}
