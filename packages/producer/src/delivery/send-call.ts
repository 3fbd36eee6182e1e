import type { TidewaterError } from '@tidewater/core'
import { type Delivery, SendFailedError, type SendFailure } from './failure.js'

/** The outcome of one `send`, gathered record by record. */
export class SendCall {
  readonly result: Promise<Delivery[]>
  readonly #topic: string
  readonly #deliveries: (Delivery | undefined)[]
  readonly #failures: SendFailure[] = []
  #unsettled: number
  #resolve!: (deliveries: Delivery[]) => void
  #reject!: (error: SendFailedError) => void

  constructor(topic: string, count: number) {
    this.#topic = topic
    this.#deliveries = new Array(count).fill(undefined)
    this.#unsettled = count
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (count === 0) this.#resolve([])
  }

  delivered(firstIndex: number, count: number, partition: number, baseOffset: bigint | undefined): void {
    for (let step = 0; step < count; step++) {
      const offset = baseOffset === undefined ? -1n : baseOffset + BigInt(step)
      this.#deliveries[firstIndex + step] = { topic: this.#topic, partition, offset }
    }
    this.#settled(count)
  }

  failed(firstIndex: number, count: number, error: TidewaterError): void {
    for (let step = 0; step < count; step++) this.#failures.push({ index: firstIndex + step, error })
    this.#settled(count)
  }

  #settled(count: number): void {
    this.#unsettled -= count
    if (this.#unsettled > 0) return
    if (this.#failures.length === 0) this.#resolve(this.#deliveries as Delivery[])
    else {
      this.#failures.sort((a, b) => a.index - b.index)
      this.#reject(new SendFailedError(this.#topic, this.#failures, this.#deliveries))
    }
  }
}
