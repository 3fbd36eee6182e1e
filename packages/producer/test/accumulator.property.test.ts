import { TidewaterError } from '@tidewater/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Accumulator, type AccumulatorLimits } from '../src/batch/accumulator.js'
import type { Batch } from '../src/batch/batch.js'
import { bytesEncoders } from './bytes-encoder.js'

const partitions = [0, 1, 2]

const limits = fc.record({
  batchBytes: fc.integer({ min: 64, max: 4_000 }),
  batchRecords: fc.integer({ min: 1, max: 40 }),
  lingerMs: fc.integer({ min: 0, max: 20 }),
  maxInFlightBatchesPerPartition: fc.integer({ min: 1, max: 3 }),
  maxBufferedBytes: fc.integer({ min: 200_000, max: 400_000 }),
  maxRecordBytes: fc.constant(50_000),
  deliveryTimeoutMs: fc.constant(1_000_000),
})

type Action =
  | { kind: 'append'; partition: number; size: number; key: boolean; header: boolean }
  | { kind: 'wait'; ms: number }
  | { kind: 'send' }
  | { kind: 'settle'; pick: number; delivered: boolean }
  | { kind: 'closeAll' }

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      partition: fc.constantFrom(...partitions),
      // Above batchBytes too, so that records in memory of their own are met.
      size: fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: 0, max: 600 }) },
        { weight: 1, arbitrary: fc.integer({ min: 30_000, max: 50_000 }) },
      ),
      key: fc.boolean(),
      header: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 15 }) }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'send' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('settle' as const), pick: fc.nat(10), delivered: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'closeAll' as const }) },
)

interface Expected {
  value: string
  key: string | null
  header: string | undefined
  timestampMs: number
}

test('nothing is lost, duplicated, reordered or over a bound, and the memory comes back', () => {
  fc.assert(
    fc.property(limits, fc.array(action, { minLength: 20, maxLength: 400 }), (bounds, actions) => {
      const run = new Run(bounds)
      for (const step of actions) run.apply(step)
      run.finish()
      for (const partition of partitions)
        expect(run.arrived.get(partition)).toEqual(run.written.get(partition))
      expect(run.accumulator.bufferedBytes).toBe(0)
      expect(run.accumulator.outstanding()).toEqual([])
      expect(run.accumulator.nextDeadlineMs()).toBeUndefined()
      expect(run.accumulator.peakBufferedBytes).toBeLessThanOrEqual(bounds.maxBufferedBytes)
    }),
    { numRuns: 300 },
  )
})

class Run {
  nowMs = 0
  readonly written = new Map<number, Expected[]>(partitions.map((partition) => [partition, []]))
  readonly arrived = new Map<number, Expected[]>(partitions.map((partition) => [partition, []]))
  readonly accumulator: Accumulator<Uint8Array>
  readonly #inFlight: { readonly batch: Batch; readonly sent: readonly Expected[] }[] = []
  #number = 0

  constructor(readonly bounds: AccumulatorLimits) {
    this.accumulator = new Accumulator(
      partitions,
      bytesEncoders,
      bounds,
      () => this.nowMs,
      () => 0,
    )
  }

  apply(step: Action): void {
    if (step.kind === 'append') this.#append(step)
    if (step.kind === 'wait') {
      this.nowMs += step.ms
      this.accumulator.advance()
    }
    if (step.kind === 'send') this.#send()
    if (step.kind === 'closeAll') this.accumulator.closeAll()
    if (step.kind === 'settle') this.#settle(step.pick, step.delivered)
  }

  finish(): void {
    while (this.accumulator.outstanding().length > 0) {
      this.accumulator.closeAll()
      this.#send()
      while (this.#inFlight.length > 0) this.#settle(0, true)
    }
  }

  #append({ partition, size, key, header }: Action & { kind: 'append' }): void {
    const number = this.#number++
    const value = Buffer.alloc(size, `${number},`)
    const keyBytes = key ? Buffer.from(`k${number}`) : undefined
    const headers = header ? { n: String(number) } : undefined
    const before = this.accumulator.bufferedBytes
    try {
      this.accumulator.append(partition, value, keyBytes, headers, number)
    } catch (thrown) {
      expect(TidewaterError.isInstance(thrown)).toBe(true)
      expect(this.accumulator.bufferedBytes).toBe(before)
      return
    }
    this.written.get(partition)?.push({
      value: value.toString(),
      key: keyBytes?.toString() ?? null,
      header: headers?.n,
      timestampMs: number,
    })
  }

  #send(): void {
    const batch = this.accumulator.takeReady()
    if (batch === undefined) return
    const sent = copyOf(batch)
    this.#inFlight.push({ batch, sent })
    this.arrived.get(batch.partition)?.push(...sent)
    const { batchBytes, batchRecords, maxInFlightBatchesPerPartition } = this.bounds
    const ofPartition = this.#inFlight.filter(({ batch: other }) => other.partition === batch.partition)
    expect(ofPartition.length).toBeLessThanOrEqual(maxInFlightBatchesPerPartition)
    expect(batch.count).toBeLessThanOrEqual(batchRecords)
    if (batch.count > 1) expect(batch.recordsBytes).toBeLessThanOrEqual(batchBytes)
    expect(sent).toHaveLength(batch.count)
    // At the least a byte for each of length, attributes, the two deltas, key length, value length and header count.
    expect(batch.payloadBytes({ firstIndex: 0, count: batch.count })).toBeLessThanOrEqual(
      batch.recordsBytes - batch.count * 7,
    )
  }

  #settle(pick: number, delivered: boolean): void {
    const [taken] = this.#inFlight.splice(pick % Math.max(1, this.#inFlight.length), 1)
    if (taken === undefined) return
    // A driver reads the records again for every retry: until the batch is settled nothing may write to their memory.
    expect(copyOf(taken.batch)).toEqual(taken.sent)
    this.accumulator.settle(taken.batch, delivered)
  }
}

function copyOf(batch: Batch): Expected[] {
  return batch.records().map(({ value, key, headers, timestampMs }) => ({
    value: Buffer.from(value as Uint8Array).toString(),
    key: key == null ? null : Buffer.from(key).toString(),
    header: headers === undefined ? undefined : Buffer.from(headers.n as Uint8Array).toString(),
    timestampMs: timestampMs as number,
  }))
}

test('any range of a batch is the same slice of its records', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (recordSizes, from, length) => {
      const bounds = {
        batchBytes: 10_000_000,
        batchRecords: 1_000,
        lingerMs: 0,
        maxInFlightBatchesPerPartition: 1,
        maxBufferedBytes: 10_000_000,
        maxRecordBytes: 1_000_000,
        deliveryTimeoutMs: 1_000,
      }
      const accumulator = new Accumulator<Uint8Array>(
        [0],
        bytesEncoders,
        bounds,
        () => 0,
        () => 0,
      )
      for (const [index, size] of recordSizes.entries()) {
        accumulator.append(0, Buffer.alloc(size, index), undefined, undefined, 1)
      }
      accumulator.closeAll()
      const batch = accumulator.takeReady()
      const firstIndex = from % recordSizes.length
      const count = Math.min(length, recordSizes.length - firstIndex)
      const values = (batch?.records({ firstIndex, count }) ?? []).map(({ value }) => value as Uint8Array)
      const expected = recordSizes.slice(firstIndex, firstIndex + count)
      expect(values.map((value) => value.length)).toEqual(expected)
      expect(values.every((value, offset) => value.every((byte) => byte === firstIndex + offset))).toBe(true)
      expect(batch?.payloadBytes({ firstIndex, count })).toBe(expected.reduce((sum, size) => sum + size, 0))
    }),
  )
})
