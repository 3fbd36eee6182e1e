import { expect, test } from 'vitest'
import { parseDeliveries } from '../src/table/expected.js'
import { RealTopics } from './real-topics.js'
import { type CliRun, runCli, startCli } from './run-cli.js'

const topics = new RealTopics()

const produce = (topic: string, ...args: string[]) =>
  runCli('produce', '--topic-name', topic, '--broker', topics.broker, '--json', ...args)

function documentOf({ code, stdout, stderr }: CliRun) {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

test('many workers share the records, and what --json prints an audit can read', async () => {
  const topic = await topics.create()
  const document = documentOf(await produce(topic, '--workers', '6', '--cycle', '2', '--count', '1003'))
  expect(document).toMatchObject({
    topic,
    stopped: false,
    planned: 2_006,
    delivered: 2_006,
    failed: 0,
    uncertain: 0,
    unwritten: 0,
    restarts: 0,
  })
  expect(document.workers.map(({ clientId }: { clientId: string }) => clientId)).toEqual(
    [1, 2, 3, 4, 5, 6].map((number) => `Kafka-P10${number}`),
  )
  const { partitions } = parseDeliveries(document, 'of the fleet')
  expect(partitions.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(2_006)
  expect(await topics.recordsIn(topic)).toBe(2_006)
})

test('workers that are processes of their own produce the whole together', async () => {
  const topic = await topics.create()
  const shares = await Promise.all(
    ['0', '1', '2'].map(async (index) => {
      const run = await produce(topic, '--worker-count', '3', '--worker-index', index, '--count', '100')
      return documentOf(run).workers
    }),
  )
  expect(shares.flat().map(({ clientId, delivered }) => [clientId, delivered])).toEqual([
    ['Kafka-P101', 34],
    ['Kafka-P102', 33],
    ['Kafka-P103', 33],
  ])
  expect(await topics.recordsIn(topic)).toBe(100)
})

test('Ctrl-C drains a fleet without end, and all of it is counted', async () => {
  const topic = await topics.create()
  const args = ['--topic-name', topic, '--broker', topics.broker, '--json', '--workers', '4', '--cycle', '-1']
  const { child, ended } = startCli(['produce', ...args, '--rate-per-second', '2000'])
  try {
    await expect.poll(() => topics.recordsIn(topic), { timeout: 60_000 }).toBeGreaterThan(100)
  } finally {
    child.kill('SIGINT')
  }
  const { code, stdout } = await ended
  const document = JSON.parse(stdout)
  expect(code).toBe(0)
  expect(document).toMatchObject({ stopped: true, failed: 0, uncertain: 0 })
  expect(document.delivered).toBe(document.written)
  expect(await topics.recordsIn(topic)).toBe(document.delivered)
})

test('a topic that doesn’t exist fails, after the counts', async () => {
  const { code, stdout, stderr } = await produce('no-such-topic-of-a-fleet', '--workers', '2')
  expect(JSON.parse(stdout)).toMatchObject({ delivered: 0, unwritten: 1_000 })
  expect(stderr).toMatch(/^error TOPIC_NOT_FOUND: /m)
  expect(code).toBe(1)
})
