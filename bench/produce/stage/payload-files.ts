import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { avroCodec } from '@tidewater/core'
import { netflowGenerator, netflowSchema } from '@tidewater/producer/sample'

export interface PayloadFiles {
  /** The records as JSON lines, each with its Avro encoding: {"record": {...}, "avro": "<base64>"}. */
  readonly samples: string
  /** The encoded records: each a little-endian uint32 with its length, then its bytes. */
  readonly payloads: string
  readonly schema: string
  readonly averageBytes: number
}

const sampleCount = 10_000

/** What every contender sends, over and over: the same records in each run. */
export async function writePayloadFiles(folder: string): Promise<PayloadFiles> {
  const generator = netflowGenerator({ seed: 1, writerId: 'bench', startTimeMs: Date.UTC(2026, 0, 1) })
  const codec = avroCodec(netflowSchema)
  const samples = Array.from({ length: sampleCount }, () => {
    const record = generator.next()
    return { record, avro: Buffer.from(codec.encode(record)) }
  })
  const files = {
    samples: join(folder, 'samples.jsonl'),
    payloads: join(folder, 'payloads.bin'),
    schema: join(folder, 'netflow.avsc'),
  }
  const lines = samples.map(
    ({ record, avro }) => `${JSON.stringify({ record, avro: avro.toString('base64') })}\n`,
  )
  await writeFile(files.samples, lines.join(''))
  await writeFile(files.payloads, Buffer.concat(samples.flatMap(({ avro }) => [lengthOf(avro), avro])))
  await writeFile(files.schema, JSON.stringify(netflowSchema.definition))
  const bytes = samples.reduce((sum, { avro }) => sum + avro.length, 0)
  return { ...files, averageBytes: bytes / sampleCount }
}

function lengthOf(bytes: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32LE(bytes.length)
  return prefix
}
