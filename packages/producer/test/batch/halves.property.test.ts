import fc from 'fast-check'
import { expect, test } from 'vitest'
import { halvesOf } from '../../src/batch/encode-records.js'
import type { EncodedBatch } from '../../src/batch/encoded-batch.js'
import { noProducer } from '../../src/batch/record-batch.js'
import { manyRecords, someRecords, type WrittenRecord } from './arbitrary-records.js'
import { ways } from './encode-both-ways.js'
import { expectedRecords, recordsOf, seenBy, wireBytes } from './kafkajs-witness.js'

const plain = { ...noProducer, sequence: -1, codec: 0, isTransactional: false }
const encodings = Object.values(ways)

async function expectToHold(batch: EncodedBatch, records: readonly WrittenRecord[]): Promise<void> {
  const seen = await seenBy(wireBytes(batch, plain, batch.records))
  expect(recordsOf(seen)).toEqual(expectedRecords(records))
  expect(seen.maxTimestamp).toBe(
    String(records.reduce((max, { timestampMs }) => Math.max(max, timestampMs), 0)),
  )
}

/** Halves the batch and its halves, each of which has to hold its share of the records, down to single ones. */
async function halve(batch: EncodedBatch, records: readonly WrittenRecord[]): Promise<void> {
  await expectToHold(batch, records)
  expect(batch).toMatchObject({ topic: 'flows', partition: 3, recordCount: records.length })
  if (records.length < 2) return
  const [first, second] = halvesOf(batch)
  expect(Math.abs(first.recordCount - second.recordCount)).toBeLessThanOrEqual(1)
  await halve(first, records.slice(0, first.recordCount))
  await halve(second, records.slice(first.recordCount))
}

test('halves hold the same records, however often a batch is halved', () =>
  fc.assert(
    fc.asyncProperty(someRecords, fc.constantFrom(...encodings), (records, encode) =>
      halve(encode(records), records),
    ),
    { numRuns: 40 },
  ))

test('a batch of very many records has halves', async () => {
  const records = manyRecords(400_000).map((record) => ({ ...record, key: null, value: null }))
  const [first, second] = halvesOf(encodings[0]?.(records) as EncodedBatch)
  await expectToHold(first, records.slice(0, 200_000))
  await expectToHold(second, records.slice(200_000))
})
