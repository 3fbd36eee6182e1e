import type { KafkaConnection } from '../config/kafka.js'
import type { TidewaterError } from '../errors.js'

/**
 * What Tidewater asks of a Kafka client library. A driver is a thin adapter of one library; it holds no policy
 * (batching, partitioning, buffering and back-pressure live above it) and passes the contract suite in
 * `test/kafka/contract`. Offsets are `bigint`: they are 64-bit on the wire.
 */
export interface KafkaDriver extends ProducerDriver {
  /** Rejects with `BROKER_UNREACHABLE` or, when a topic doesn't exist, `TOPIC_NOT_FOUND`. */
  createConsumer(connection: KafkaConnection, options: ConsumerOptions): Promise<KafkaConsumer>
  createAdmin(connection: KafkaConnection): Promise<KafkaAdmin>
}

/** The part of a driver that produces. */
export interface ProducerDriver {
  readonly name: DriverName
  readonly compressions: readonly Compression[]
  /** Connects; rejects with `BROKER_UNREACHABLE` when no bootstrap broker answers in time. */
  createProducer(connection: KafkaConnection, options: DriverProducerOptions): Promise<DriverProducer>
}

/** `native` is `@tidewater/producer`'s own and produces only. */
export const driverNames = ['native', 'kafkajs', 'confluent'] as const
export type DriverName = (typeof driverNames)[number]
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]
/** `all`: every in-sync replica; `leader`: the leader alone; `none`: not awaited (offsets are then unknown). */
export const acksLevels = ['all', 'leader', 'none'] as const
export type Acks = (typeof acksLevels)[number]

export interface DriverProducerOptions {
  readonly acks: Acks
  /** No duplicate and no reordering through retries (`enable.idempotence`); needs `acks: 'all'`. */
  readonly idempotent: boolean
  readonly compression: Compression
  /** Longest time from `send` to its report, retries included (`delivery.timeout.ms`). */
  readonly deliveryTimeoutMs: number
  /** Largest request the client sends (`message.max.bytes`). */
  readonly maxRequestBytes: number
  /** Writes in transactions under this name (`transactional.id`); of the drivers only `native` does. Default: none. */
  readonly transactionalId?: string
  /** How long a transaction may be open before its coordinator aborts it (`transaction.timeout.ms`). Default 60,000. */
  readonly transactionTimeoutMs?: number
}

export interface DriverProducer {
  /** There exactly when the producer has a transactional id. */
  readonly transactions?: Transactions | undefined
  /** The topic's partition ids, ascending. Rejects with `TOPIC_NOT_FOUND`. */
  partitionsOf(topic: string): Promise<readonly number[]>
  /**
   * Sends the records of one partition in order and resolves, within `deliveryTimeoutMs`, with what became of each of
   * them. Never rejects for a record's fate: a record is in exactly one of `delivered` and `failed`. Batches of one
   * partition are written in the order of the calls; only a piece that the broker finds too large is resent in halves,
   * which with the confluent driver may come behind a batch that was on its way already. A failed record may have been
   * written all the same: `details.mayBeWritten` says so, of `DELIVERY_TIMEOUT` always.
   *
   * Rejects with `PRODUCER_CLOSED` after `close`.
   */
  send(batch: ProduceBatch): Promise<BatchReport>
  /**
   * Waits for the reports of what was sent, then disconnects. With `abandon`, also when a call without it is under way,
   * the time of every send is over now: its report comes at once and nothing more is written.
   */
  close(options?: CloseOptions): Promise<void>
}

/** The transactions of a producer with a transactional id, one at a time. Records are sent inside of one only. */
export interface Transactions {
  /** Whether records may be sent: from `begin` to the end of it. */
  readonly isOpen: boolean
  /** @throws TidewaterError `TRANSACTION_INVALID` while one is open, `PRODUCER_FENCED` */
  begin(): void
  /**
   * Makes what was sent visible, all of it at once. Waits for the reports of what was sent.
   *
   * @throws TidewaterError `TRANSACTION_INVALID` without one, `TRANSACTION_FAILED` when a record was not delivered: abort
   * then; `PRODUCER_FENCED`. After a retryable error nothing but the same call may come next
   */
  commit(): Promise<void>
  /**
   * Takes back what was sent: readers of committed records never see it. What is still to be sent fails with `ABORTED`.
   *
   * @throws TidewaterError `TRANSACTION_INVALID` without one, `PRODUCER_FENCED`. After a retryable error nothing but the same
   * call may come next
   */
  abort(): Promise<void>
  /**
   * Makes the offsets of a consumer group part of the transaction: they are committed with its records, or not at all.
   * What fails here fails the commit. Of several calls for a partition the last one counts.
   *
   * @throws TidewaterError `TRANSACTION_INVALID` without one, `CONFIG_INVALID` for an offset that is none, `CONSUME_FAILED`
   * when the member is not, or no longer, in the group; `AUTHORIZATION_FAILED`, `PRODUCER_FENCED`
   */
  sendOffsets(offsets: readonly GroupOffset[], group: ConsumerGroup): Promise<void>
}

/** A consumer group whose offsets a transaction commits. */
export interface ConsumerGroup {
  readonly groupId: string
  /**
   * Who consumed the records: the group refuses the offsets of a member that was replaced (KIP-447). Default: not checked.
   */
  readonly member?: GroupMember
}

/** A member of a consumer group as its consumer knows itself. */
export interface GroupMember {
  readonly memberId: string
  readonly generationId: number
  /** `group.instance.id` of a static member (KIP-345). Default: none. */
  readonly groupInstanceId?: string
}

export interface GroupOffset {
  readonly topic: string
  readonly partition: number
  /** Of the next record to be read: one past the last one consumed. */
  readonly offset: bigint
}

export interface CloseOptions {
  /** Give up what has no report yet. Default false. */
  readonly abandon?: boolean
}

export interface ProduceBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly ProduceRecord[]
}

export interface ProduceRecord {
  /** null is a tombstone. */
  readonly value: Uint8Array | null
  readonly key?: Uint8Array | null
  readonly headers?: Readonly<Record<string, Uint8Array | string>>
  /** Milliseconds since the epoch, at least 1 (Kafka clients take 0 for "now"); default: when the driver sends it. */
  readonly timestampMs?: number
}

export interface BatchReport {
  readonly topic: string
  readonly partition: number
  /** Runs of consecutive records with consecutive offsets. */
  readonly delivered: readonly DeliveredRange[]
  readonly failed: readonly FailedRange[]
}

export interface DeliveredRange {
  /** Index in the batch of the run's first record. */
  readonly firstIndex: number
  readonly count: number
  /** Offset of the run's first record; undefined with `acks: 'none'`. */
  readonly baseOffset: bigint | undefined
  /**
   * The records may be in the log a second time: after an attempt without an answer they were sent again without a
   * sequence number, or under another one. Of a broker that has lost the number under which it is sent again, as after an
   * unclean election, nobody can tell. Said by the native driver only. Default false.
   */
  readonly mayBeRepeated?: boolean
}

export interface FailedRange {
  readonly firstIndex: number
  readonly count: number
  readonly error: TidewaterError
}

export interface ConsumerOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  /** Where a group without a committed offset starts (`auto.offset.reset`). */
  readonly startFrom: 'earliest' | 'latest'
  /** Longest silence before the broker gives the partitions to another member (`session.timeout.ms`). Default 30,000. */
  readonly sessionTimeoutMs?: number
}

export interface KafkaConsumer {
  /**
   * Hands batches to `onBatch`, one at a time, and commits a batch's offsets after `onBatch` resolved (at least once).
   * Resolves when `signal` fires or `close` is called, after the batch in hand; rejects with what `onBatch` rejected
   * with, nothing of that batch committed. Either way the member has left the group then: `run` runs once.
   */
  run(onBatch: (batch: ConsumedBatch) => Promise<void>, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface ConsumedBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly ConsumedRecord[]
}

export interface ConsumedRecord {
  readonly offset: bigint
  readonly timestampMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** Of a repeated name, the last value. */
  readonly headers: Readonly<Record<string, Uint8Array>>
}

export interface KafkaAdmin {
  listTopics(): Promise<readonly string[]>
  /** Rejects with `TOPIC_NOT_FOUND`. */
  describeTopic(topic: string): Promise<TopicDescription>
  /** The topic's effective configs by their Kafka names. Absent where the library has no such request (confluent). */
  topicConfigs?(topic: string): Promise<Readonly<Record<string, string>>>
  /** Resolves when the topic has leaders. Rejects with `TOPIC_EXISTS`. */
  createTopic(topic: TopicDefinition): Promise<void>
  /** Grows the topic to `partitions`. Rejects with `TOPIC_CONFLICT` when it has as many or more: Kafka never shrinks one. */
  addPartitions(topic: string, partitions: number): Promise<void>
  deleteTopic(topic: string): Promise<void>
  /** First kept offset and next offset to be written, per partition, ascending. */
  topicOffsets(topic: string): Promise<readonly PartitionOffsets[]>
  close(): Promise<void>
}

export interface TopicDefinition {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  /** Topic configs by their Kafka names, such as `retention.ms`. */
  readonly configs?: Readonly<Record<string, string>>
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: readonly PartitionDescription[]
}

export interface PartitionDescription {
  readonly partition: number
  /** Broker id; -1 when there is none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
}

export interface PartitionOffsets {
  readonly partition: number
  readonly earliest: bigint
  /** One past the newest record. */
  readonly latest: bigint
}
