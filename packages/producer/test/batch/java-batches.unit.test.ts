// Batches that are tricky to encode, against what Kafka's Java client makes of the same records: fixtures/JavaBatches.java.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import javaBatches from '../fixtures/java-batches.json' with { type: 'json' }
import type { WrittenRecord } from './arbitrary-records.js'
import { ways } from './encode-both-ways.js'
import { crc32c, expectedRecords, recordsOf, seenBy, wireBytes } from './kafkajs-witness.js'

type Run = [count: number, timestampMs: number, keyBytes: number, valueBytes: number, headers: number[][]]

function recordsOfRuns(runs: readonly Run[]): WrittenRecord[] {
  return runs.flatMap(([count, timestampMs, keyBytes, valueBytes, headers]) => {
    const record = {
      timestampMs,
      key: filled(keyBytes, 'k'),
      value: filled(valueBytes, 'v'),
      headers: Object.fromEntries(
        headers.map(([nameBytes = 0, bytes = 0], index) => [
          nameBytes === 0 ? '' : `${index}`.padEnd(nameBytes, '.'),
          Buffer.alloc(bytes, 'h'),
        ]),
      ),
    }
    return Array.from({ length: count }, () => record)
  })
}

function filled(size: number, fill: string): Buffer | null {
  return size < 0 ? null : Buffer.alloc(size, fill)
}

describe.each(Object.entries(ways))('%s', (_, encode) => {
  test.each(javaBatches)('$name', async ({ runs, seals }) => {
    const records = recordsOfRuns(runs as Run[])
    const batch = encode(records)
    for (const { bytes, sha256, producerId, ...seal } of seals) {
      const ofProducer = { ...seal, producerId: BigInt(producerId), codec: 0 }
      const encoded = wireBytes(batch, ofProducer, batch.records)
      // First what tells more when it differs.
      expect(recordsOf(await seenBy(encoded))).toEqual(expectedRecords(records))
      expect(encoded.readUInt32BE(17)).toBe(crc32c(encoded.subarray(21)))
      expect(encoded.length).toBe(bytes)
      expect(createHash('sha256').update(encoded).digest('hex')).toBe(sha256)
    }
  })
})
