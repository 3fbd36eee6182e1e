// kafkajs's reading side, which shares nothing with ours, and the compression libraries' own.
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'
import { Zstd } from '@hpcc-js/wasm-zstd'
import { decompressFrameSync } from 'lz4-napi'
import { uncompressSync } from 'snappy'
import type { EncodedBatch } from '../../src/batch/encoded-batch.js'
import {
  type BatchSeal,
  recordBatchHeaderBytes,
  writeRecordBatchHeader,
} from '../../src/batch/record-batch.js'
import type { WrittenRecord } from './arbitrary-records.js'

export interface SeenRecord {
  readonly timestamp: string
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer>>
}

/** A record with its bytes as text, a character a byte: `expect` compares that in no time. */
export interface ReadableRecord {
  readonly timestamp: string
  readonly offset: string
  readonly key: string | null
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
}

export interface SeenBatch {
  readonly firstOffset: string
  readonly firstTimestamp: string
  readonly maxTimestamp: string
  readonly partitionLeaderEpoch: number
  readonly lastOffsetDelta: number
  readonly producerId: string
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly inTransaction: boolean
  readonly isControlBatch: boolean
  readonly records: readonly SeenRecord[]
}

const require = createRequire(import.meta.url)
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => { readonly offset: number }
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: InstanceType<typeof Decoder>,
) => Promise<SeenBatch>
const { Codecs } = require('kafkajs/src/protocol/message/compression') as {
  Codecs: Record<number, () => { decompress(bytes: Buffer): Promise<Buffer> }>
}

export const crc32c = require('kafkajs/src/protocol/recordBatch/crc32C/crc32C') as (bytes: Buffer) => number

const decompress: Record<number, (bytes: Buffer) => Promise<Uint8Array>> = {
  1: async (bytes) => gunzipSync(bytes),
  2: async (bytes) => uncompressSync(bytes, { asBuffer: true }) as Buffer,
  3: async (bytes) => decompressFrameSync(bytes),
  4: async (bytes) => (await Zstd.load()).decompress(bytes),
}
for (const [codec, read] of Object.entries(decompress)) {
  Codecs[Number(codec)] = () => ({ decompress: async (bytes) => Buffer.from(await read(bytes)) })
}

/** The record batch with its header, as it goes on the wire. */
export function wireBytes(batch: EncodedBatch, seal: BatchSeal, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(recordBatchHeaderBytes + body.length)
  writeRecordBatchHeader(bytes, 0, batch, seal, body)
  bytes.set(body, recordBatchHeaderBytes)
  return bytes
}

/** What kafkajs reads. @throws unless it reads to the end */
export async function seenBy(bytes: Buffer): Promise<SeenBatch> {
  const decoder = new Decoder(bytes)
  const batch = await decodeBatch(decoder)
  if (decoder.offset !== bytes.length) throw new RangeError(`${bytes.length - decoder.offset} bytes are left`)
  return batch
}

/** What a reader has to see of records that were written one behind the other. */
export function expectedRecords(records: readonly WrittenRecord[]): ReadableRecord[] {
  return records.map(({ value, key, headers, timestampMs }, index) => ({
    timestamp: String(timestampMs),
    offset: String(index),
    key: readable(key),
    value: readable(value),
    headers: readableHeaders(headers),
  }))
}

export function recordsOf({ records }: SeenBatch): ReadableRecord[] {
  return records.map(({ timestamp, offset, key, value, headers }) => ({
    timestamp,
    offset,
    key: readable(key),
    value: readable(value),
    headers: readableHeaders(headers),
  }))
}

function readable(bytes: Uint8Array | string | null | undefined): string | null {
  return bytes == null ? null : Buffer.from(bytes as Uint8Array).toString('latin1')
}

function readableHeaders(headers: WrittenRecord['headers'] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, readable(bytes) ?? '']))
}
