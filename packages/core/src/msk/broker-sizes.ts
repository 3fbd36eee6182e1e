/** What is known of a broker type. Source: AWS's broker size pages and its own sizing script of June 2026. */
export interface BrokerSize {
  readonly brokerType: string
  readonly kind: 'standard' | 'express'
  /** List price in us-east-1, US dollars per broker and hour; undefined where it isn't known. */
  readonly dollarsPerHour: number | undefined
  /** Partitions a broker should hold at most, replicas included; undefined where it isn't known. */
  readonly recommendedPartitions: number | undefined
  /** Largest storage throughput that can be provisioned; undefined where none can. */
  readonly maxProvisionedThroughputMiBps: number | undefined
}

type Row = readonly [size: string, dollarsPerHour: number, partitions: number, throughputMiBps?: number]

const m5: readonly Row[] = [
  ['large', 0.21, 1000],
  ['xlarge', 0.42, 1000],
  ['2xlarge', 0.84, 2000],
  ['4xlarge', 1.68, 4000, 593],
  ['8xlarge', 3.36, 4000, 850],
  ['12xlarge', 5.04, 4000, 1000],
  ['16xlarge', 6.72, 4000, 1000],
  ['24xlarge', 10.08, 4000, 1000],
]

// The service takes whole MiB/s, so the 312.5 of 2xlarge is 312.
const m7g: readonly Row[] = [
  ['large', 0.204, 1000],
  ['xlarge', 0.408, 1000],
  ['2xlarge', 0.816, 2000, 312],
  ['4xlarge', 1.632, 4000, 625],
  ['8xlarge', 3.264, 4000, 1000],
  ['12xlarge', 4.896, 4000, 1000],
  ['16xlarge', 6.528, 4000, 1000],
]

const express: readonly Row[] = [
  ['large', 0.408, 1000],
  ['xlarge', 0.816, 1000],
  ['2xlarge', 1.632, 2500],
  ['4xlarge', 3.264, 6000],
  ['8xlarge', 6.528, 12_000],
  ['12xlarge', 9.792, 16_000],
  ['16xlarge', 13.056, 20_000],
]

const sizes: ReadonlyMap<string, BrokerSize> = new Map(
  [
    {
      brokerType: 'kafka.t3.small',
      kind: 'standard' as const,
      dollarsPerHour: undefined,
      recommendedPartitions: 300,
      maxProvisionedThroughputMiBps: undefined,
    },
    ...m5.map((row) => sizeOf('kafka.m5', 'standard', row)),
    ...m7g.map((row) => sizeOf('kafka.m7g', 'standard', row)),
    ...express.map((row) => sizeOf('express.m7g', 'express', row)),
  ].map((size) => [size.brokerType, size]),
)

/** Broker types whose limits and prices are known, in the order of AWS's tables. */
export const knownBrokerTypes: readonly string[] = [...sizes.keys()]

/** undefined for a type that isn't in the tables, such as one that is newer than they are. */
export function brokerSize(brokerType: string): BrokerSize | undefined {
  return sizes.get(brokerType)
}

export function isExpress(brokerType: string): boolean {
  return brokerType.startsWith('express.')
}

function sizeOf(
  family: string,
  kind: BrokerSize['kind'],
  [size, dollarsPerHour, recommendedPartitions, maxProvisionedThroughputMiBps]: Row,
): BrokerSize {
  return {
    brokerType: `${family}.${size}`,
    kind,
    dollarsPerHour,
    recommendedPartitions,
    maxProvisionedThroughputMiBps,
  }
}
