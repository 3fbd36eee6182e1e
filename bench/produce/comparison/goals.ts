/** Ours beside a peer, and what is asked of it. */
export interface Comparison {
  readonly ours: string
  readonly peer: string
  readonly goal?: { readonly rateAtLeast: number; readonly cpuAtMost: number }
}

/** Ratios of ours to the peer. Like is compared with like: what is encoded beforehand, acks and idempotence are the same. */
export const comparisons: readonly Comparison[] = [
  { ours: 'native-bytes-leader', peer: 'librdkafka', goal: { rateAtLeast: 1.4, cpuAtMost: 0.6 } },
  { ours: 'native-bytes', peer: 'librdkafka-idempotent', goal: { rateAtLeast: 1.4, cpuAtMost: 0.6 } },
  { ours: 'native-bytes-leader', peer: 'python-loop', goal: { rateAtLeast: 3, cpuAtMost: 0.3 } },
  { ours: 'native-bytes-leader', peer: 'confluent-rdkafka-api', goal: { rateAtLeast: 3, cpuAtMost: 0.35 } },
  { ours: 'native-bytes-leader', peer: 'kafkajs', goal: { rateAtLeast: 15, cpuAtMost: 0.08 } },
  { ours: 'native-objects-leader', peer: 'python-fastavro', goal: { rateAtLeast: 6, cpuAtMost: 0.2 } },
  { ours: 'native-bytes', peer: 'native-bytes-leader', goal: { rateAtLeast: 0.9, cpuAtMost: 1.1 } },
  { ours: 'native-bytes-iam', peer: 'native-bytes', goal: { rateAtLeast: 0.8, cpuAtMost: 1.3 } },
  { ours: 'native-objects-iam', peer: 'native-objects', goal: { rateAtLeast: 0.8, cpuAtMost: 1.3 } },
  { ours: 'native-bytes-leader', peer: 'librdkafka-per-record' },
  { ours: 'native-bytes-leader', peer: 'java' },
  { ours: 'native-bytes-leader', peer: 'platformatic' },
  { ours: 'native-bytes-leader', peer: 'confluent-kafkajs-api' },
  { ours: 'native-objects-leader', peer: 'python-loop-avro' },
  { ours: 'native-objects-leader', peer: 'tidewater-kafkajs' },
  { ours: 'native-objects-leader', peer: 'tidewater-confluent' },
  { ours: 'tidewater-kafkajs-iam', peer: 'tidewater-kafkajs' },
  { ours: 'tidewater-confluent-iam', peer: 'tidewater-confluent' },
]

/** What one contender's records may cost at most, encoding included. */
export const cpuLimits: readonly { readonly name: string; readonly cpuMicrosAtMost: number }[] = [
  { name: 'native-objects-leader', cpuMicrosAtMost: 1.6 },
  { name: 'native-objects', cpuMicrosAtMost: 1.6 },
]
