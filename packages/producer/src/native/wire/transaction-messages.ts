// What a transactional producer says to the coordinators of its transactions and of consumer groups: KIP-98, KIP-447 for the
// groups' members, and KIP-890 for Kafka 4.
import type { ConsumerGroup, GroupOffset } from '@tidewater/core'
import type { ProducerIdentity } from '../../batch/record-batch.js'
import type { BrokerAddress, Message } from './messages.js'
import type { Reader } from './reader.js'

const flexible = { request: true, response: true } as const

export interface FindCoordinatorResponse extends BrokerAddress {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export interface FindCoordinatorRequest {
  readonly of: 'group' | 'transaction'
  /** A group id or a transactional id. */
  readonly key: string
}

export const findCoordinator: Message<FindCoordinatorRequest, FindCoordinatorResponse> = {
  name: 'FindCoordinator',
  key: 10,
  version: 3,
  flexible,
  write: (writer, { of, key }) => {
    writer
      .string(key)
      .int8(of === 'group' ? 0 : 1)
      .end()
  },
  read: (reader) => {
    reader.int32() // throttle time
    return {
      errorCode: reader.int16(),
      errorMessage: reader.string(),
      nodeId: reader.int32(),
      host: reader.string() ?? '',
      port: reader.int32(),
    }
  },
}

export interface TransactionSubject extends ProducerIdentity {
  readonly transactionalId: string
}

interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface TopicPartitionCode extends TopicPartition {
  readonly errorCode: number
}

function byTopic<T extends TopicPartition>(partitions: readonly T[]): [topic: string, ofTopic: T[]][] {
  const topics = new Map<string, T[]>()
  for (const one of partitions) {
    const known = topics.get(one.topic)
    if (known === undefined) topics.set(one.topic, [one])
    else known.push(one)
  }
  return [...topics]
}

function readCodes(reader: Reader): readonly TopicPartitionCode[] {
  reader.int32() // throttle time
  const topics = reader.array(() => {
    const topic = reader.string() ?? ''
    const partitions = reader.array(() => {
      const one = { topic, partition: reader.int32(), errorCode: reader.int16() }
      reader.end()
      return one
    })
    reader.end()
    return partitions
  })
  return topics.flat()
}

export interface AddPartitionsRequest extends TransactionSubject {
  readonly partitions: readonly TopicPartition[]
}

/** v3: the last one meant for clients. With KIP-890 the brokers add a partition when they first see it. */
export const addPartitionsToTxn: Message<AddPartitionsRequest, readonly TopicPartitionCode[]> = {
  name: 'AddPartitionsToTxn',
  key: 24,
  version: 3,
  flexible,
  write: (writer, { transactionalId, producerId, epoch, partitions }) => {
    writer.string(transactionalId).int64(producerId).int16(epoch)
    writer.array(byTopic(partitions), ([topic, ofTopic]) => {
      writer
        .string(topic)
        .array(ofTopic, ({ partition }) => writer.int32(partition))
        .end()
    })
    writer.end()
  },
  read: readCodes,
}

export interface EndTxnRequest extends TransactionSubject {
  readonly commits: boolean
}

export interface EndTxnResponse {
  readonly errorCode: number
  /** Who the producer is from now on (KIP-890); undefined: who it was. */
  readonly next: ProducerIdentity | undefined
}

const writeEndTxn: Message<EndTxnRequest, EndTxnResponse>['write'] = (
  writer,
  { transactionalId, producerId, epoch, commits },
) => {
  writer.string(transactionalId).int64(producerId).int16(epoch).boolean(commits).end()
}

export const endTxn: Message<EndTxnRequest, EndTxnResponse> = {
  name: 'EndTxn',
  key: 26,
  version: 3,
  flexible,
  write: writeEndTxn,
  read: (reader) => {
    reader.int32() // throttle time
    return { errorCode: reader.int16(), next: undefined }
  },
}

/** v5 (KIP-890): each transaction has an epoch of its own, so that nothing of one comes late into the next. */
export const endTxnWithEpoch: Message<EndTxnRequest, EndTxnResponse> = {
  ...endTxn,
  version: 5,
  read: (reader) => {
    reader.int32() // throttle time
    const errorCode = reader.int16()
    return { errorCode, next: { producerId: reader.int64(), epoch: reader.int16() } }
  },
}

export interface AddOffsetsRequest extends TransactionSubject {
  readonly groupId: string
}

/** v3: the last one meant for clients. With KIP-890 the group's partition joins with the offsets. */
export const addOffsetsToTxn: Message<AddOffsetsRequest, { readonly errorCode: number }> = {
  name: 'AddOffsetsToTxn',
  key: 25,
  version: 3,
  flexible,
  write: (writer, { transactionalId, producerId, epoch, groupId }) => {
    writer.string(transactionalId).int64(producerId).int16(epoch).string(groupId).end()
  },
  read: (reader) => {
    reader.int32() // throttle time
    return { errorCode: reader.int16() }
  },
}

export interface TxnOffsetCommitRequest extends TransactionSubject {
  readonly group: ConsumerGroup
  readonly offsets: readonly GroupOffset[]
}

/** Said to the coordinator of the group, not to that of the transaction. */
export const txnOffsetCommit: Message<TxnOffsetCommitRequest, readonly TopicPartitionCode[]> = {
  name: 'TxnOffsetCommit',
  key: 28,
  version: 3,
  flexible,
  write: (writer, { transactionalId, producerId, epoch, group: { groupId, member }, offsets }) => {
    writer.string(transactionalId).string(groupId).int64(producerId).int16(epoch)
    writer.int32(member?.generationId ?? -1).string(member?.memberId ?? '')
    writer.string(member?.groupInstanceId ?? null)
    const noLeaderEpoch = -1
    writer.array(byTopic(offsets), ([topic, ofTopic]) => {
      writer
        .string(topic)
        .array(ofTopic, ({ partition, offset }) =>
          writer.int32(partition).int64(offset).int32(noLeaderEpoch).string(null).end(),
        )
        .end()
    })
    writer.end()
  },
  read: readCodes,
}

/** v5 (KIP-890): without AddOffsetsToTxn before it. */
export const txnOffsetCommitWithGroup: typeof txnOffsetCommit = { ...txnOffsetCommit, version: 5 }
