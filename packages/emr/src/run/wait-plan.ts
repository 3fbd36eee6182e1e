import type { TidewaterError } from '@tidewater/core'
import { hasEnded, type JobStatus } from './port.js'

/** What one question for a run's state brought. */
export type Observation =
  | { readonly type: 'status'; readonly status: JobStatus }
  /** The service answered, and knows no such run. */
  | { readonly type: 'missing' }
  | { readonly type: 'trouble'; readonly error: TidewaterError }

/** What a waiter remembers between two questions. */
export interface WaitMemory {
  readonly status: JobStatus | undefined
  readonly missingInARow: number
}

export type WaitVerdict =
  | { readonly verdict: 'ask-again' }
  | { readonly verdict: 'ended'; readonly status: JobStatus }
  | { readonly verdict: 'gone' }
  | { readonly verdict: 'give-up'; readonly error: TidewaterError }

/** A list may not show yet what was submitted a moment ago. */
const missingLimit = 5

export const beforeTheFirstAnswer: WaitMemory = { status: undefined, missingInARow: 0 }

/** What a waiter makes of an observation. Pure. */
export function observe(memory: WaitMemory, observation: Observation): readonly [WaitMemory, WaitVerdict] {
  switch (observation.type) {
    case 'status': {
      const { status } = observation
      const verdict: WaitVerdict = hasEnded(status) ? { verdict: 'ended', status } : { verdict: 'ask-again' }
      return [{ status, missingInARow: 0 }, verdict]
    }
    case 'missing': {
      const missingInARow = memory.missingInARow + 1
      const verdict = missingInARow >= missingLimit ? 'gone' : 'ask-again'
      return [{ ...memory, missingInARow }, { verdict }]
    }
    case 'trouble': {
      const { error } = observation
      return [
        memory,
        isPassing(error, memory.status !== undefined)
          ? { verdict: 'ask-again' }
          : { verdict: 'give-up', error },
      ]
    }
  }
}

/**
 * Whether a question may be answered later. Once the service has answered, an unresolvable name is a network that is down, no
 * longer a region or an endpoint that does not exist.
 */
export function isPassing(error: TidewaterError, answeredBefore: boolean): boolean {
  return error.retryable || (answeredBefore && isUnresolved(error))
}

function isUnresolved(error: TidewaterError): boolean {
  const { code } = (error.cause ?? {}) as { code?: unknown }
  return error.code === 'AWS_REQUEST_FAILED' && code === 'ENOTFOUND'
}
