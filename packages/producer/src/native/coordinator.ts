import { setTimeout as sleep } from 'node:timers/promises'
import { TidewaterError } from '@tidewater/core'
import { kafkaCode } from '@tidewater/core/drivers'
import type { BrokerConnection } from './broker-connection.js'
import type { Cluster } from './cluster.js'
import type { Message } from './wire/messages.js'
import { type FindCoordinatorRequest, findCoordinator } from './wire/transaction-messages.js'

const minPauseMs = 20
const maxPauseMs = 1_000

export interface Question<Request, Response> {
  readonly message: Message<Request, Response>
  readonly request: Request
  /** 0 when it was done. */
  errorCodeOf(response: Response): number
  /** What a code other than 0 means; a retryable one is asked again. */
  errorOf(errorCode: number): TidewaterError
}

/** The broker that coordinates a transactional id or a group: found again when it moves, asked again while it may answer. */
export class Coordinator {
  readonly #cluster: Cluster
  readonly #subject: FindCoordinatorRequest
  /** How long a request may be tried. */
  readonly #patienceMs: number
  #node: Promise<BrokerConnection> | undefined

  constructor(cluster: Cluster, subject: FindCoordinatorRequest, patienceMs: number) {
    this.#cluster = cluster
    this.#subject = subject
    this.#patienceMs = patienceMs
  }

  async ask<Request, Response>({
    message,
    request,
    errorCodeOf,
    errorOf,
  }: Question<Request, Response>): Promise<Response> {
    const endsAtMs = performance.now() + this.#patienceMs
    for (let pauseMs = minPauseMs; ; pauseMs = Math.min(maxPauseMs, 2 * pauseMs)) {
      let failure: TidewaterError
      try {
        this.#node ??= this.#find(errorOf)
        const connection = await this.#node
        const response = await connection.call(message, request)
        const errorCode = errorCodeOf(response)
        if (errorCode === 0) return response
        if (errorCode === kafkaCode.unsupportedVersion) throw connection.misspoken(message.name)
        failure = errorOf(errorCode)
        if (errorCode !== kafkaCode.concurrentTransactions) this.#node = undefined
      } catch (thrown) {
        if (!TidewaterError.isInstance(thrown)) throw thrown
        failure = thrown
        this.#node = undefined
      }
      if (!failure.retryable || performance.now() + pauseMs > endsAtMs) throw failure
      await sleep(pauseMs)
    }
  }

  async #find(errorOf: (errorCode: number) => TidewaterError): Promise<BrokerConnection> {
    const found = await this.#cluster.askAny(async (control) => {
      const answer = await control.call(findCoordinator, this.#subject)
      if (answer.errorCode === kafkaCode.unsupportedVersion) throw control.misspoken(findCoordinator.name)
      return answer
    })
    if (found.errorCode !== 0) throw errorOf(found.errorCode)
    return this.#cluster.coordinatorAt(found.host, found.port)
  }
}
