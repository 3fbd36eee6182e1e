import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FleetOptions, splitFleetOptions } from '../../src/fleet/options.js'
import { planFleet, shareOf } from '../../src/fleet/plan.js'

const target = { topic: 'flows', brokers: '127.0.0.1:9092' }

function plan(options: Partial<FleetOptions>, cores = 4) {
  return planFleet(splitFleetOptions({ workers: 1, ...target, ...options }).config, cores)
}

const workers = fc.integer({ min: 1, max: 500 })
const records = fc.integer({ min: 500, max: Number.MAX_SAFE_INTEGER })
const rate = fc.integer({ min: 1, max: 100_000_000 })
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
/** Rates come in whole millionths. */
const millionths = (perSecond: number | undefined) => BigInt(Math.round((perSecond ?? 0) * 1_000_000))

test('shares are whole, even and sum up to the total', () => {
  fc.assert(
    fc.property(records, workers, (total, parts) => {
      const shares = Array.from({ length: parts }, (_, index) => shareOf(total, parts, index))
      expect(sum(shares)).toBe(total)
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
      expect(shares.every(Number.isSafeInteger)).toBe(true)
    }),
  )
})

describe('a plan', () => {
  test('splits records and rate exactly, and no worker goes without', () => {
    fc.assert(
      fc.property(workers, records, rate, (count, total, ratePerSecond) => {
        const { workers: planned } = plan({ workers: count, records: total, ratePerSecond })
        expect(sum(planned.map((worker) => worker.records ?? 0))).toBe(total)
        expect(planned.reduce((all, worker) => all + millionths(worker.ratePerSecond), 0n)).toBe(
          BigInt(ratePerSecond) * 1_000_000n,
        )
        expect(planned.every((worker) => (worker.records ?? 0) > 0)).toBe(true)
        expect(planned.every((worker) => (worker.ratePerSecond ?? 0) > 0)).toBe(true)
      }),
    )
  })

  test('gives every worker its own name and seed, and an even place among at most as many threads as workers', () => {
    fc.assert(
      fc.property(workers, fc.integer({ min: 1, max: 64 }), (count, cores) => {
        const { threads, workers: planned } = plan({ workers: count }, cores)
        expect(threads).toBe(Math.min(count, cores))
        expect(new Set(planned.map(({ clientId }) => clientId)).size).toBe(count)
        expect(new Set(planned.map(({ seed }) => seed)).size).toBe(count)
        const sizes = Array.from(
          { length: threads },
          (_, number) => planned.filter(({ thread }) => thread === number).length,
        )
        expect(sum(sizes)).toBe(count)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('the plans of all indexes, one process each, are the plan of the whole', () => {
    fc.assert(
      fc.property(workers, records, rate, (count, total, ratePerSecond) => {
        const whole = plan({ workers: count, records: total, ratePerSecond }, 1)
        const parts = Array.from({ length: count }, (_, workerIndex) =>
          plan({ workers: count, records: total, ratePerSecond, workerIndex }, 1),
        )
        expect(parts.flatMap((part) => part.workers)).toEqual(whole.workers)
      }),
      { numRuns: 20 },
    )
  })

  test('the buffers of all workers together stay within the bound, however many they are', () => {
    fc.assert(
      fc.property(workers, fc.integer({ min: 500, max: 8_192 }), (count, mebibytes) => {
        const maxBufferedBytes = mebibytes * 1024 * 1024
        const { buffer } = plan({ workers: count, maxBufferedBytes })
        expect(buffer.maxBufferedBytes * count).toBeLessThanOrEqual(maxBufferedBytes)
        for (const largest of [buffer.batchBytes ?? 1_000_000, buffer.maxRecordBytes ?? 1_000_000]) {
          expect(4 * largest).toBeLessThanOrEqual(buffer.maxBufferedBytes)
        }
      }),
    )
  })
})

describe("the run book's hundred containers", () => {
  test('are Kafka-P101 to Kafka-P200, and share a gibibyte of buffers', () => {
    const { workers: planned, buffer } = plan({ workers: 100 })
    expect([planned[0]?.clientId, planned[99]?.clientId]).toEqual(['Kafka-P101', 'Kafka-P200'])
    expect(buffer.maxBufferedBytes * 100).toBeLessThanOrEqual(1024 ** 3)
  })
})

describe('what can’t be is refused with CONFIG_INVALID', () => {
  test.each([
    ['no worker', { workers: 0 }, /workers.*got 0/],
    ['more than 10,000 workers', { workers: 10_001 }, /workers.*10000.*got 10001/],
    ['a rate of nothing', { ratePerSecond: 0 }, /ratePerSecond.*got 0/],
    ['a negative rate', { ratePerSecond: -5 }, /ratePerSecond.*got -5/],
    ['more workers than records', { workers: 10, records: 9 }, /records.*each of the 10 workers, got 9/],
    ['two ends', { records: 10, durationMs: 1_000 }, /durationMs: excludes records/],
    ['an index past the last worker', { workers: 3, workerIndex: 3 }, /workerIndex.*less than workers \(3\)/],
    [
      'less memory than every producer needs',
      { workers: 100, maxBufferedBytes: 50 * 1024 * 1024 },
      /maxBufferedBytes.*each of the 100 workers/,
    ],
    [
      'an auth that is no plain value',
      {
        auth: { region: 'us-east-1', credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }) },
      },
      /auth of a fleet must be made of plain values/,
    ],
    [
      'a registry that is no plain value',
      {
        registry: {
          glue: {
            registryName: 'tides',
            credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
          },
        },
      },
      /registry of a fleet must be made of plain values/,
    ],
  ] as const)('%s', (_, options, message) => {
    expect(() => plan(options)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    )
  })
})
