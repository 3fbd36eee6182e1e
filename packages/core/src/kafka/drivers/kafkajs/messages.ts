import type * as Kafkajs from 'kafkajs'
import { TidewaterError } from '../../../errors.js'
import type { ProduceRecord } from '../../port.js'
import { toBuffer } from './client.js'

/** kafkajs's own type says string, but its encoder computes with the value: a number saves one parse per record. */
type TimestampedMessage = Omit<Kafkajs.Message, 'timestamp'> & { timestamp: number }

/**
 * The messages of one partition. kafkajs groups a send's messages by partition with a `reduce` that copies the group
 * for each message: quadratic, and at 5,000 messages more than half the CPU time of a send. Here the grouping is known, so the
 * array answers that one call itself. Anything else it does as an array does; the contract suite notices should a
 * release of kafkajs group another way.
 *
 * kafkajs groups once per attempt and calls `map` nowhere but in the encoder of the produce request. So this object
 * knows what kafkajs's errors don't tell (while it handles a broken connection, the error of its own reconnecting
 * replaces the first one): whether a request with these messages can have reached a broker.
 */
export class MessagesOfPartition extends Array<TimestampedMessage> {
  partition = 0
  /** A request with these messages was encoded, and so may have been written. */
  wasEncoded = false
  /** Attempts kafkajs made by itself. */
  attempts = 0
  /** No further request may be made of them. */
  isCancelled = false

  override reduce(...args: unknown[]): never {
    const [, initial] = args
    if (isEmptyObject(initial)) {
      this.#requireWanted()
      this.attempts++
      return { [this.partition]: this } as never
    }
    return Reflect.apply(Array.prototype.reduce, this, args) as never
  }

  override map<U>(
    ...args: [(value: TimestampedMessage, index: number, all: TimestampedMessage[]) => U]
  ): U[] {
    this.#requireWanted()
    this.wasEncoded = true
    return super.map(...args)
  }

  #requireWanted(): void {
    if (this.isCancelled) throw new TidewaterError('ABORTED', 'The records are no longer to be sent')
  }

  // map, filter and slice give plain arrays: only this object answers for its partition.
  static override get [Symbol.species]() {
    return Array
  }
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  )
}

export function toMessages(
  records: readonly ProduceRecord[],
  first: number,
  end: number,
  partition: number,
  nowMs: number,
): MessagesOfPartition {
  const messages = new MessagesOfPartition()
  messages.partition = partition
  for (let index = first; index < end; index++) {
    const record = records[index] as ProduceRecord
    const message: TimestampedMessage = {
      value: record.value === null ? null : toBuffer(record.value),
      partition,
      timestamp: record.timestampMs ?? nowMs,
    }
    if (record.key != null) message.key = toBuffer(record.key)
    if (record.headers !== undefined) message.headers = toHeaders(record.headers)
    messages.push(message)
  }
  return messages
}

function toHeaders(headers: Readonly<Record<string, Uint8Array | string>>): Kafkajs.IHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : toBuffer(value),
    ]),
  )
}
