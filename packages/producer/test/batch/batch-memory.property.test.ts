import type { ProduceRecord } from '@tidewater/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Accumulator } from '../../src/batch/accumulator.js'
import { Batch, type RecordEncoder } from '../../src/batch/batch.js'
import type { EncodedBatch } from '../../src/batch/encoded-batch.js'
import { bytesEncoders } from '../bytes-encoder.js'
import { hugeRecords, someRecords, type WrittenRecord } from './arbitrary-records.js'
import { grown, unbounded } from './encode-both-ways.js'
import { expectedRecords } from './kafkajs-witness.js'

const texts = (records: readonly ProduceRecord[]) => expectedRecords(records as readonly WrittenRecord[])

test('records of any range are those that were written', () => {
  fc.assert(
    fc.property(someRecords, fc.nat(), fc.nat(), (written, from, length) => {
      const firstIndex = from % written.length
      const count = length % (written.length - firstIndex + 1)
      const range = grown(written).records({ firstIndex, count })
      expect(texts(range)).toEqual(texts(written.slice(firstIndex, firstIndex + count)))
    }),
    { numRuns: 50 },
  )
})

test('a header may have any name', () => {
  const headers = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c","":"d","2":"e","1":"f"}')
  const [record] = grown([{ value: null, timestampMs: 1, headers }]).records()
  const seen = record?.headers as Record<string, Uint8Array>
  expect(Object.keys(seen).map((name) => [name, Buffer.from(seen[name] ?? []).toString()])).toEqual(
    Object.keys(headers).map((name) => [name, headers[name]]),
  )
})

/** Leaves memory dirty up to its end and then throws, as a record does that is invalid half way. */
const throwsHalfWay: RecordEncoder<Fallible> = {
  encode: ({ value }) => value,
  encodeInto: ({ value, fails }, buffer, position) => {
    if (!fails) return bytesEncoders.record.encodeInto(value, buffer, position)
    buffer.fill(0xa5, position)
    throw new SyntaxError('half way')
  },
}

interface Fallible {
  readonly value: Uint8Array
  readonly fails: boolean
}

// Between records of all widths, and in every slab that the batch grows through.
const mixed = fc.oneof({ weight: 5, arbitrary: someRecords }, { weight: 1, arbitrary: hugeRecords })

test('a record that throws half way leaves the batch byte for byte as it is without it', () => {
  fc.assert(
    fc.property(mixed, fc.infiniteStream(fc.boolean()), (records, isWrong) => {
      const accumulator = new Accumulator<Fallible>(
        [3],
        { record: throwsHalfWay, encoded: bytesEncoders.encoded },
        unbounded,
        () => 0,
        () => 3,
      )
      const kept: WrittenRecord[] = []
      for (const record of records) {
        const { value, key, headers, timestampMs } = record
        const fails = value !== null && (isWrong.next().value as boolean)
        const append = () =>
          accumulator.append(3, value && { value, fails }, key ?? undefined, headers, timestampMs)
        if (fails) expect(append).toThrowError('half way')
        else {
          append()
          kept.push(record)
        }
      }
      accumulator.closeAll()
      const batch = accumulator.takeReady()?.encoded('flows')
      const alone = kept.length === 0 ? undefined : grown(kept).encoded('flows')
      expect(readable(batch)).toEqual(readable(alone))
    }),
    { numRuns: 60 },
  )
})

const readable = (batch: EncodedBatch | undefined) =>
  batch && { ...batch, records: batch.records.toString('latin1') }

test('a batch that grows has the bytes of one that had the room from the start', () => {
  fc.assert(
    fc.property(mixed, (records) => {
      const slab = { memory: Buffer.alloc(12_000_000, 0x5a), pooled: false }
      const roomy = new Batch(3, 0, slab)
      for (const { value, key, headers, timestampMs } of records) {
        roomy.commit(roomy.encode(bytesEncoders.encoded, value, key ?? undefined, headers, timestampMs))
      }
      expect(readable(grown(records).encoded('flows'))).toEqual(readable(roomy.encoded('flows')))
    }),
    { numRuns: 40 },
  )
})
