// Produce v9 to v12: the same form, and what v10 and later add are tagged fields. v12 carries transactions of KIP-890.
// https://kafka.apache.org/protocol#The_Messages_Produce
import { recordBatchHeaderBytes } from '../../batch/record-batch.js'
import type { Reader } from './reader.js'
import { Writer } from './writer.js'

export const produceKey = 0
/** v9 is the first flexible version (Kafka 2.4). */
export const produceVersions = { min: 9, max: 12 } as const

export interface ProducePartition {
  readonly partition: number
  /** The record batch's records as they are sent. */
  readonly body: Uint8Array
  /** Fills in the record batch's header. */
  writeHeader(into: Buffer, at: number): void
}

export interface ProduceRequest {
  readonly transactionalId: string | null
  /** -1, 1 or 0. */
  readonly acks: number
  readonly timeoutMs: number
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly ProducePartition[] }[]
}

/** The request's parts in their order: buffers of our own, and between them the bodies, by reference. */
export function writeProduceRequest(request: ProduceRequest): Uint8Array[] {
  const parts: Uint8Array[] = []
  let writer = new Writer()
  const header = Buffer.alloc(recordBatchHeaderBytes)
  writer.string(request.transactionalId).int16(request.acks).int32(request.timeoutMs)
  writer.array(request.topics, ({ topic, partitions }) => {
    writer.string(topic).array(partitions, (entry) => {
      entry.writeHeader(header, 0)
      writer
        .int32(entry.partition)
        .unsignedVarint(recordBatchHeaderBytes + entry.body.length + 1)
        .raw(header)
      parts.push(writer.bytes, entry.body)
      writer = new Writer()
      writer.end()
    })
    writer.end()
  })
  parts.push(writer.end().bytes)
  return parts
}

export interface ProducePartitionResult {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  /** -1 when the broker has none to say. */
  readonly baseOffset: bigint
  /** The broker's words, or those about the first record it refused. */
  readonly errorMessage: string | null
}

export interface ProduceResponse {
  readonly results: readonly ProducePartitionResult[]
  readonly throttleTimeMs: number
}

export function readProduceResponse(reader: Reader): ProduceResponse {
  const topics = reader.array(() => {
    const topic = reader.string() ?? ''
    const partitions = reader.array(() => {
      const result = {
        topic,
        partition: reader.int32(),
        errorCode: reader.int16(),
        baseOffset: reader.int64(),
      }
      reader.int64() // log append time
      reader.int64() // log start offset
      const refused = reader.array(() => {
        const text = `record ${reader.int32()}: ${reader.string() ?? 'refused'}`
        reader.end()
        return text
      })
      const errorMessage = reader.string() ?? refused[0] ?? null
      reader.end()
      return { ...result, errorMessage }
    })
    reader.end()
    return partitions
  })
  return { results: topics.flat(), throttleTimeMs: reader.int32() }
}
