import { type PartitionOffsets, parseConfig, TidewaterError } from '@tidewater/core'
import type { SparkJob } from '@tidewater/emr'
import type { ExpectedPartition } from '@tidewater/iceberg-ops'
import { z } from 'zod'

const deliveriesSchema = z.object({
  topic: z.string(),
  partitions: z.array(z.object({ partition: z.int().min(0), delivered: z.int().min(0) })),
})

/** What `tidewater produce --json` printed, as far as an audit needs it. */
export type Deliveries = z.output<typeof deliveriesSchema>

/** @throws TidewaterError `CONFIG_INVALID` naming what is wrong in the report. */
export function parseDeliveries(document: unknown, name: string): Deliveries {
  return parseConfig(deliveriesSchema, document, `delivery report ${name}`)
}

/**
 * What the table of a job should hold of its topic: each partition from where the job began to the end, and, where Kafka
 * still holds the partition from its first record, what the producers were told.
 *
 * @param reports every delivery report of the topic's producers; none when they are not known
 * @throws TidewaterError `USAGE` when the job began at `latest`, or a report is of another topic
 */
export function expectedPartitions(
  job: SparkJob,
  offsets: readonly PartitionOffsets[],
  reports: readonly Deliveries[],
): ExpectedPartition[] {
  const { topic, startingOffsets = 'earliest' } = job.source
  if (startingOffsets === 'latest') {
    throw new TidewaterError(
      'USAGE',
      `Job ${job.name} began at "latest": nobody knows which offset that was`,
      {
        remedy:
          'Set source.startingOffsets to the offsets it began at, by partition, in a copy of the document.',
      },
    )
  }
  const foreign = reports.find((report) => report.topic !== topic)
  if (foreign !== undefined) {
    throw new TidewaterError(
      'USAGE',
      `A delivery report is of topic ${foreign.topic}, the job reads ${topic}`,
      {
        remedy: `Name only reports of ${topic}.`,
      },
    )
  }
  return offsets.map(({ partition, earliest, latest }) => {
    const began = startingOffsets === 'earliest' ? undefined : startingOffsets[String(partition)]
    const first = began !== undefined && BigInt(began) > earliest ? BigInt(began) : earliest
    const range = { partition, earliest: first > latest ? latest : first, latest }
    if (reports.length === 0 || first > 0n) return range
    const counts = reports.flatMap((report) => report.partitions.filter((one) => one.partition === partition))
    return { ...range, delivered: counts.reduce((sum, one) => sum + BigInt(one.delivered), 0n) }
  })
}
