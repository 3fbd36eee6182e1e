import type { KafkaConnectionInput } from '@tidewater/core'
import { createProducer } from '@tidewater/producer'
import { netflowGenerator, netflowSchema } from '@tidewater/producer/sample'
import { shareRecords } from './options.js'

export interface ProducedRecords {
  /** Records the delivery reports count, per partition. */
  readonly deliveredByPartition: ReadonlyMap<number, bigint>
  readonly delivered: bigint
  readonly encodedBytes: bigint
  readonly seconds: number
}

export interface ProducePlan {
  readonly connection: Pick<KafkaConnectionInput, 'brokers' | 'tls' | 'auth'>
  readonly topic: string
  readonly records: number
  readonly producers: number
  readonly seed: number
  /** Milliseconds since the epoch at which the generated flows begin. */
  readonly startTimeMs: number
}

// How many records a producer writes before it lets the others and the network have the thread.
const slice = 2_000

/**
 * Produces the sample records from several producers at once and adds up their delivery reports. The first failure, or
 * the signal, stops all of them at once.
 */
export async function produceRecords(
  plan: ProducePlan,
  signal: AbortSignal,
  onProgress: (delivered: number) => void,
): Promise<ProducedRecords> {
  const startedAtMs = performance.now()
  const delivered = new Map<number, bigint>()
  let total = 0
  const failure = new AbortController()
  const stop = AbortSignal.any([signal, failure.signal])
  const count = (partition: number, records: number) => {
    delivered.set(partition, (delivered.get(partition) ?? 0n) + BigInt(records))
    total += records
    onProgress(total)
  }
  const shares = shareRecords(plan.records, plan.producers)
  const outcomes = await Promise.allSettled(
    shares.map((records, index) =>
      produceShare(plan, index, records, stop, count).catch((error: unknown) => {
        failure.abort(error)
        throw error
      }),
    ),
  )
  // The others were stopped because of the first.
  if (failure.signal.aborted) throw failure.signal.reason
  return {
    deliveredByPartition: delivered,
    delivered: BigInt(total),
    encodedBytes: outcomes.reduce((sum, one) => sum + (one.status === 'fulfilled' ? one.value : 0n), 0n),
    seconds: (performance.now() - startedAtMs) / 1000,
  }
}

async function produceShare(
  plan: ProducePlan,
  index: number,
  records: number,
  signal: AbortSignal,
  onDelivered: (partition: number, records: number) => void,
): Promise<bigint> {
  const writerId = `netflow-${String(index).padStart(2, '0')}`
  const seed = (plan.seed + index) >>> 0
  const generator = netflowGenerator({ seed, writerId, startTimeMs: plan.startTimeMs })
  await using producer = await createProducer({
    ...plan.connection,
    clientId: writerId,
    topic: plan.topic,
    schema: netflowSchema,
    signal,
    drainOnSigterm: false,
    onDelivery: ({ partition, recordCount }) => onDelivered(partition, recordCount),
  })
  for (let written = 0; written < records; written++) {
    const room = producer.write(generator.next())
    if (room !== undefined) await room
    else if (written % slice === 0) await new Promise(setImmediate)
  }
  await producer.flush()
  return BigInt(producer.stats().deliveredBytes)
}
