import { throwIfAborted } from '@tidewater/core'
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
  readonly brokers: string
  readonly topic: string
  readonly records: number
  readonly producers: number
  readonly seed: number
  /** Milliseconds since the epoch at which the generated flows begin. */
  readonly startTimeMs: number
}

// How many records a producer writes before it lets the others and the network have the thread.
const slice = 2_000

/** Produces the sample records from several producers at once and adds up their delivery reports. */
export async function produceRecords(
  plan: ProducePlan,
  signal: AbortSignal,
  onProgress: (delivered: number) => void,
): Promise<ProducedRecords> {
  const startedAtMs = performance.now()
  const delivered = new Map<number, bigint>()
  let total = 0
  const shares = shareRecords(plan.records, plan.producers)
  const bytes = await Promise.all(
    shares.map(async (records, index) => {
      const writerId = `netflow-${String(index).padStart(2, '0')}`
      const generator = netflowGenerator({ seed: plan.seed + index, writerId, startTimeMs: plan.startTimeMs })
      await using producer = await createProducer({
        driver: 'kafkajs',
        brokers: plan.brokers,
        clientId: writerId,
        topic: plan.topic,
        schema: netflowSchema,
        drainOnSigterm: false,
        onDelivery: ({ partition, records: count }) => {
          delivered.set(partition, (delivered.get(partition) ?? 0n) + BigInt(count))
          total += count
          onProgress(total)
        },
      })
      for (let written = 0; written < records; written++) {
        const room = producer.write(generator.next())
        if (room !== undefined) await room
        else if (written % slice === 0) await new Promise(setImmediate)
        throwIfAborted(signal)
      }
      await producer.flush()
      return BigInt(producer.stats().deliveredBytes)
    }),
  )
  return {
    deliveredByPartition: delivered,
    delivered: BigInt(total),
    encodedBytes: bytes.reduce((sum, one) => sum + one, 0n),
    seconds: (performance.now() - startedAtMs) / 1000,
  }
}
