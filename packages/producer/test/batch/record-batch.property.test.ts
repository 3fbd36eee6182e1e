import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadCompressor, nativeCompressions } from '../../src/batch/compression.js'
import { noProducer, recordBatchHeaderBytes } from '../../src/batch/record-batch.js'
import { hugeRecords, manyRecords, someRecords, type WrittenRecord } from './arbitrary-records.js'
import { ways } from './encode-both-ways.js'
import { crc32c, expectedRecords, recordsOf, seenBy, wireBytes } from './kafkajs-witness.js'

const plain = { ...noProducer, sequence: -1, codec: 0, isTransactional: false }

const seals = fc.record({
  producerId: fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }),
  epoch: fc.integer({ min: -1, max: 0x7fff }),
  sequence: fc.integer({ min: -1, max: 0x7fffffff }),
  isTransactional: fc.boolean(),
})

describe.each(Object.entries(ways))('%s', (_, encode) => {
  test.each(nativeCompressions)('with %s, kafkajs reads what was written', async (compression) => {
    const { codec, compress } = await loadCompressor(compression)
    await fc.assert(
      fc.asyncProperty(someRecords, seals, async (records, ofProducer) => {
        const batch = encode(records)
        const body = compress(batch.records)
        const bytes = wireBytes(batch, { ...ofProducer, codec }, body)
        const seen = await seenBy(bytes)
        expect(recordsOf(seen)).toEqual(expectedRecords(records))
        expect(seen).toMatchObject({
          firstOffset: '0',
          firstTimestamp: String(records[0]?.timestampMs),
          maxTimestamp: String(Math.max(...records.map(({ timestampMs }) => timestampMs))),
          partitionLeaderEpoch: -1,
          lastOffsetDelta: records.length - 1,
          producerId: String(ofProducer.producerId),
          producerEpoch: ofProducer.epoch,
          firstSequence: ofProducer.sequence,
          inTransaction: ofProducer.isTransactional,
          isControlBatch: false,
        })
        // Neither the time of appending (bit 3), nor a control batch, nor a bit that has no meaning yet.
        expect(bytes.readInt16BE(21)).toBe(codec + (ofProducer.isTransactional ? 16 : 0))
        expect(bytes[16]).toBe(2)
        expect(bytes.readInt32BE(57)).toBe(records.length)
        expect(bytes.readInt32BE(8)).toBe(bytes.length - 12)
        expect(bytes.readUInt32BE(17)).toBe(crc32c(bytes.subarray(21)))
      }),
      { numRuns: 40 },
    )
  })

  const isRead = async (records: readonly WrittenRecord[]) => {
    const batch = encode(records)
    const seen = await seenBy(wireBytes(batch, plain, batch.records))
    expect(recordsOf(seen)).toEqual(expectedRecords(records))
  }

  test('lengths of more than a mebibyte', () =>
    fc.assert(fc.asyncProperty(hugeRecords, isRead), { numRuns: 10 }))

  test.each([63, 64, 65, 127, 128, 8_191, 8_192, 8_193, 20_000])('%i records', (count) =>
    isRead(manyRecords(count)),
  )
})

test('the checksum is of what is sent, wherever the header is put', () => {
  const [encode] = Object.values(ways)
  const batch = encode?.(manyRecords(3))
  if (batch === undefined) throw new TypeError('there is no way to encode')
  const body = Buffer.from('not what the batch holds')
  const bytes = wireBytes(batch, { ...plain, codec: 4 }, body)
  expect(bytes.subarray(recordBatchHeaderBytes)).toEqual(body)
  expect(bytes.readUInt32BE(17)).toBe(crc32c(bytes.subarray(21)))
})
