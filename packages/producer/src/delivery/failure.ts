import { TidewaterError } from '@tidewater/core'

/** Where a record landed. */
export interface Delivery {
  readonly topic: string
  readonly partition: number
  /** -1n with `acks: 'none'`: the broker doesn't answer, so nobody knows. */
  readonly offset: bigint
}

export interface SendFailure {
  /** Index in the array given to `send`. */
  readonly index: number
  readonly error: TidewaterError
}

/** `send` rejects with it when at least one record was not delivered. Code `DELIVERY_FAILED`. */
export class SendFailedError extends TidewaterError {
  /** Ascending by index. */
  readonly failures: readonly SendFailure[]
  /** One per record given to `send`; undefined for the failed ones. */
  readonly deliveries: readonly (Delivery | undefined)[]

  constructor(
    topic: string,
    failures: readonly SendFailure[],
    deliveries: readonly (Delivery | undefined)[],
  ) {
    const indexes = failures.map(({ index }) => index)
    const first = failures[0]?.error
    super(
      'DELIVERY_FAILED',
      `${failures.length} of ${deliveries.length} records were not delivered to ${topic}: ${describeIndexes(indexes)} (${first?.code}: ${first?.message})`,
      {
        retryable: failures.every(({ error }) => error.retryable),
        remedy:
          first?.remedy ?? 'Send the failed records again if a duplicate is acceptable, or set them aside.',
        details: {
          topic,
          failedIndexes: indexes,
          failures: failures
            .slice(0, 10)
            .map(({ index, error }) => ({ index, code: error.code, message: error.message })),
        },
        cause: first,
      },
    )
    this.failures = failures
    this.deliveries = deliveries
  }
}

export interface PartitionFailure {
  readonly partition: number
  readonly failedRecords: number
}

/** What `flush` and `close` reject with. */
export function flushFailed(
  topic: string,
  partitions: readonly PartitionFailure[],
  cause: TidewaterError | undefined,
): TidewaterError {
  const total = partitions.reduce((sum, { failedRecords }) => sum + failedRecords, 0)
  const where = partitions.map(({ partition, failedRecords }) => `${failedRecords} of partition ${partition}`)
  return new TidewaterError(
    'DELIVERY_FAILED',
    `${total} records were not delivered to ${topic}: ${where.join(', ')}${cause === undefined ? '' : ` (${cause.code}: ${cause.message})`}`,
    {
      remedy: 'Take the records from onDeliveryError and write them again, or set them aside.',
      details: { topic, failedRecords: total, partitions },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

function describeIndexes(indexes: readonly number[]): string {
  const shown = indexes.slice(0, 10).join(', ')
  return `index ${shown}${indexes.length > 10 ? ` and ${indexes.length - 10} more` : ''}`
}
