import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { avroCodec } from '@tidewater/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FleetResult, runFleet } from '../../src/fleet/index.js'
import { netflowSchema } from '../../src/sample/index.js'
import { RealBroker } from '../real-broker.js'

const codec = avroCodec(netflowSchema)
const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url)

let broker: RealBroker
beforeAll(() => {
  broker = new RealBroker()
})
afterAll(() => broker?.close())

async function recordsIn(topic: string): Promise<number> {
  return (await broker.offsets(topic)).reduce((sum, { latest }) => sum + Number(latest), 0)
}

/** How often each record of each writer arrived. */
async function arrivedByWriter(topic: string): Promise<Map<string, Map<number, number>>> {
  const writers = new Map<string, Map<number, number>>()
  for (const { value } of await broker.readAll(topic)) {
    const { writer_id, export_proto_seqno } = codec.decode(value as Uint8Array)
    const numbers = writers.get(writer_id) ?? new Map<number, number>()
    numbers.set(export_proto_seqno, (numbers.get(export_proto_seqno) ?? 0) + 1)
    writers.set(writer_id, numbers)
  }
  return writers
}

const settled = ({ deliveredRecords, failedRecords, uncertainRecords }: FleetResult) =>
  deliveredRecords + failedRecords + uncertainRecords

describe('a fleet with a number of records', () => {
  test('delivers each worker’s share exactly, under the worker’s own name', async () => {
    const topic = await broker.createTopic(4)
    const result = await runFleet({ workers: 8, threads: 3, records: 20_003, topic, brokers: broker.brokers })
    expect(result).toMatchObject({
      plannedRecords: 20_003,
      writtenRecords: 20_003,
      deliveredRecords: 20_003,
      failedRecords: 0,
      uncertainRecords: 0,
      unwrittenRecords: 0,
      restarts: 0,
      errors: {},
      isStopped: false,
      failure: undefined,
    })
    expect(new Set(result.workers.map(({ thread }) => thread)).size).toBe(3)
    expect(result.latency.samples).toBeGreaterThanOrEqual(8)
    const offsets = await broker.offsets(topic)
    expect(result.partitions).toEqual(
      offsets.map(({ partition, latest }) => ({ partition, delivered: Number(latest) })),
    )
    const writers = await arrivedByWriter(topic)
    expect([...writers.keys()].sort()).toEqual(
      Array.from({ length: 8 }, (_, index) => `Kafka-P${101 + index}`),
    )
    for (const { clientId, plannedRecords, deliveredRecords } of result.workers) {
      expect(deliveredRecords).toBe(plannedRecords)
      const numbers = [...(writers.get(clientId)?.entries() ?? [])].sort(([a], [b]) => a - b)
      expect(numbers).toEqual(Array.from({ length: plannedRecords ?? 0 }, (_, index) => [index + 1, 1]))
    }
  })

  test('one index alone writes its share and nothing else', async () => {
    const topic = await broker.createTopic(2)
    const result = await runFleet({
      workers: 100,
      workerIndex: 42,
      records: 10_050,
      topic,
      brokers: broker.brokers,
    })
    expect(result).toMatchObject({ plannedRecords: 101, deliveredRecords: 101 })
    const writers = await arrivedByWriter(topic)
    expect([...writers].map(([writer, numbers]) => [writer, numbers.size])).toEqual([['Kafka-P143', 101]])
  })

  test('starts a thread that ended anew: nothing is written twice, and each record is counted once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidewater-fleet-'))
    process.env.FLEET_TEST_MARKER = join(folder, 'exited')
    try {
      const topic = await broker.createTopic(3)
      const result = await runFleet({
        workers: 4,
        threads: 2,
        records: 40_000,
        topic,
        brokers: broker.brokers,
        source: fixture('exiting-source.ts'),
      })
      expect(result).toMatchObject({ failure: undefined, unwrittenRecords: 0 })
      // Told in full, where the thread had delivered nothing yet when it ended, or not at all.
      const told = result.partitions?.reduce((sum, { delivered }) => sum + delivered, 0)
      expect([undefined, result.deliveredRecords]).toContain(told)
      // The third lived in the same thread, unless it was through already.
      expect(result.workers.map(({ restarts }) => restarts)).toEqual([1, 0, result.restarts - 1, 0])
      expect(settled(result)).toBe(40_000)
      expect(result.uncertainRecords).toBeGreaterThan(0)
      expect(result.errors).toEqual({ PROCESS_FAILED: result.uncertainRecords })

      const arrived = await recordsIn(topic)
      expect(arrived).toBeGreaterThanOrEqual(result.deliveredRecords)
      expect(arrived).toBeLessThanOrEqual(result.deliveredRecords + result.uncertainRecords)
      const writers = await arrivedByWriter(topic)
      for (const { clientId, deliveredRecords, uncertainRecords } of result.workers) {
        const numbers = writers.get(clientId) ?? new Map<number, number>()
        expect([...numbers.values()].every((times) => times === 1)).toBe(true)
        expect(numbers.size).toBeGreaterThanOrEqual(deliveredRecords)
        expect(numbers.size).toBeLessThanOrEqual(deliveredRecords + uncertainRecords)
      }
      expect(writers.get('Kafka-P101')?.has(10_000)).toBe(true)
    } finally {
      delete process.env.FLEET_TEST_MARKER
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('counts what its source got wrong, and gives up a worker whose source fails', async () => {
    const topic = await broker.createTopic(2)
    const warnings: string[] = []
    const onWarning = ({ name, message }: Error) => warnings.push(`${name}: ${message}`)
    process.on('warning', onWarning)
    const result = await runFleet({
      workers: 3,
      threads: 1,
      records: 3_000,
      topic,
      brokers: broker.brokers,
      source: fileURLToPath(fixture('imperfect-source.ts')),
    })
    process.off('warning', onWarning)
    expect(warnings).toContain('FleetTestWarning: little is left on the disk')
    expect(result.workers).toMatchObject([
      { state: 'ended', deliveredRecords: 900, failedRecords: 100, errors: { RECORD_INVALID: 100 } },
      {
        state: 'given-up',
        deliveredRecords: 50,
        writtenRecords: 50,
        failure: { message: 'the disk is empty' },
      },
      { state: 'ended', deliveredRecords: 1_000 },
    ])
    expect(result).toMatchObject({ unwrittenRecords: 950, failure: { message: 'the disk is empty' } })
    expect(await recordsIn(topic)).toBe(1_950)
  })

  test('gives up at once where there is no such topic', async () => {
    const result = await runFleet({
      workers: 3,
      records: 30,
      topic: 'no-such-topic-of-a-fleet',
      brokers: broker.brokers,
    })
    expect(result).toMatchObject({
      deliveredRecords: 0,
      unwrittenRecords: 30,
      restarts: 0,
      failure: { code: 'TOPIC_NOT_FOUND' },
    })
  })
})

describe('a fleet without end', () => {
  test('is drained by its signal: what was written is delivered', async () => {
    const topic = await broker.createTopic(3)
    const stop = new AbortController()
    const result = await runFleet({
      workers: 6,
      topic,
      brokers: broker.brokers,
      ratePerSecond: 3_000,
      signal: stop.signal,
      onProgress: ({ deliveredRecords, workersUp }) => {
        if (deliveredRecords > 0 && workersUp === 6) stop.abort()
      },
    })
    expect(result).toMatchObject({ isStopped: true, failedRecords: 0, uncertainRecords: 0 })
    expect(result.deliveredRecords).toBe(result.writtenRecords)
    expect(result.deliveredRecords).toBeGreaterThan(0)
    expect(await recordsIn(topic)).toBe(result.deliveredRecords)
  })

  test('that is abandoned still counts every record', async () => {
    const topic = await broker.createTopic(3)
    const stop = new AbortController()
    const result = await runFleet({
      workers: 4,
      topic,
      brokers: broker.brokers,
      abandonSignal: stop.signal,
      onProgress: ({ deliveredRecords }) => {
        if (deliveredRecords > 0) stop.abort()
      },
    })
    expect(result.isStopped).toBe(true)
    expect(settled(result)).toBe(result.writtenRecords)
    const arrived = await recordsIn(topic)
    expect(arrived).toBeGreaterThanOrEqual(result.deliveredRecords)
    expect(arrived).toBeLessThanOrEqual(result.deliveredRecords + result.uncertainRecords)
  })

  test('ends a thread that no longer answers, and what it had on its way is uncertain', async () => {
    const topic = await broker.createTopic(1)
    const stop = new AbortController()
    const result = await runFleet({
      workers: 2,
      threads: 2,
      topic,
      brokers: broker.brokers,
      source: fixture('blocking-source.ts'),
      ratePerSecond: 2_000,
      drainTimeoutMs: 0,
      signal: stop.signal,
      onProgress: ({ workers }) => {
        if (workers[0]?.writtenRecords === 100 && (workers[1]?.deliveredRecords ?? 0) > 0) stop.abort()
      },
    })
    expect(result.workers.map(({ state }) => state)).toEqual(['ended', 'ended'])
    expect(result.workers[0]?.writtenRecords).toBe(100)
    expect(settled(result)).toBe(result.writtenRecords)
    const arrived = await recordsIn(topic)
    expect(arrived).toBeGreaterThanOrEqual(result.deliveredRecords)
    expect(arrived).toBeLessThanOrEqual(result.deliveredRecords + result.uncertainRecords)
  })

  test('ends when its time is over, as a fleet that nobody stopped', async () => {
    const topic = await broker.createTopic(1)
    const result = await runFleet({
      workers: 2,
      topic,
      brokers: broker.brokers,
      durationMs: 300,
      ratePerSecond: 500,
    })
    expect(result).toMatchObject({ isStopped: false, failedRecords: 0, uncertainRecords: 0 })
    expect(await recordsIn(topic)).toBe(result.writtenRecords)
  })
})

test.each(['built.mjs', 'built.cjs'])('the built package finds its threads: %s', async (name) => {
  const topic = await broker.createTopic(1)
  const program = fileURLToPath(fixture(name))
  const { stdout } = await promisify(execFile)(process.execPath, [program, topic, broker.brokers])
  expect(stdout).toBe('100\n')
})

describe('what can’t work is refused before anything starts', () => {
  const base = { workers: 2, topic: 'flows', brokers: '127.0.0.1:9' }
  test.each([
    ['an unknown option', { linger: 5 }, 'CONFIG_INVALID', /linger/],
    ['an option of the producer', { lingerMs: -1 }, 'CONFIG_INVALID', /lingerMs/],
    ['a driver without threads', { driver: 'confluent' }, 'DRIVER_UNSUPPORTED_OPTION', /worker threads/],
    [
      'a region that is not the brokers’',
      { auth: { region: 'eu-west-1' }, brokers: 'b-1.demo.abc123.c2.kafka.us-east-1.amazonaws.com:9098' },
      'REGION_MISMATCH',
      /us-east-1/,
    ],
    ['a signal that has fired', { signal: AbortSignal.abort() }, 'ABORTED', /aborted/],
  ])('%s', async (_, options, code, message) => {
    await expect(runFleet({ ...base, ...options } as Parameters<typeof runFleet>[0])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })
})
