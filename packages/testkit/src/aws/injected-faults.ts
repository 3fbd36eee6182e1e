import type { AwsFault } from './service.js'
import { fault } from './service.js'

/** What the endpoint does instead of serving a request. `disconnect` ends the connection without an answer. */
export type InjectedFault = AwsFault | 'disconnect'

export interface InjectionOptions {
  /** Name of the operation, such as `DescribeClusterV2`. Default: any. */
  readonly operation?: string
  /** How many requests it befalls. Default 1. */
  readonly times?: number
}

/** Faults that befall the next requests, in the order in which they were injected. */
export class FaultQueue {
  readonly #waiting: {
    readonly operation: string | undefined
    readonly fault: InjectedFault
    left: number
  }[] = []

  inject(injected: InjectedFault, { operation, times = 1 }: InjectionOptions = {}): void {
    this.#waiting.push({ operation, fault: injected, left: times })
  }

  /** The fault for a request of `operation`, which is used up by it. */
  take(operation: string): InjectedFault | undefined {
    const next = this.#waiting.find(
      (one) => one.left > 0 && (one.operation === undefined || one.operation === operation),
    )
    if (next === undefined) return undefined
    next.left -= 1
    return next.fault
  }
}

/** MSK's throttling answer. */
export function throttled(retryAfterSeconds?: number): AwsFault {
  return fault('TooManyRequestsException', 429, 'Too many requests. Try again later.', {
    ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
  })
}

/** A REST service's answer to an identity whose policies don't allow the action. */
export function accessDenied(action: string): AwsFault {
  return fault('AccessDeniedException', 403, `User is not authorized to perform: ${action}`)
}
