// What a transactional producer says to its coordinator: KIP-98, and KIP-890 for Kafka 4.
import type { ProducerIdentity } from '../../batch/record-batch.js'
import type { BrokerAddress, Message } from './messages.js'

const flexible = { request: true, response: true } as const

export interface FindCoordinatorResponse extends BrokerAddress {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** The coordinator of a transactional id. */
export const findCoordinator: Message<string, FindCoordinatorResponse> = {
  name: 'FindCoordinator',
  key: 10,
  version: 3,
  flexible,
  write: (writer, transactionalId) => {
    const ofTransaction = 1
    writer.string(transactionalId).int8(ofTransaction).end()
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

export interface AddPartitionsRequest extends TransactionSubject {
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

export interface AddedPartition {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
}

/** v3: the last one meant for clients. With KIP-890 the brokers add a partition when they first see it. */
export const addPartitionsToTxn: Message<AddPartitionsRequest, readonly AddedPartition[]> = {
  name: 'AddPartitionsToTxn',
  key: 24,
  version: 3,
  flexible,
  write: (writer, { transactionalId, producerId, epoch, topics }) => {
    writer.string(transactionalId).int64(producerId).int16(epoch)
    writer.array(topics, ({ topic, partitions }) => {
      writer
        .string(topic)
        .array(partitions, (partition) => writer.int32(partition))
        .end()
    })
    writer.end()
  },
  read: (reader) => {
    reader.int32() // throttle time
    const topics = reader.array(() => {
      const topic = reader.string() ?? ''
      const partitions = reader.array(() => {
        const added = { topic, partition: reader.int32(), errorCode: reader.int16() }
        reader.end()
        return added
      })
      reader.end()
      return partitions
    })
    return topics.flat()
  },
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
