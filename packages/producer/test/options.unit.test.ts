import { TidewaterError } from '@tidewater/core'
import { expect, test } from 'vitest'
import { createProducer } from '../src/index.js'
import { type ProducerOptions, resolveProducerOptions } from '../src/options.js'
import { type Reading, readingSchema } from './producer-under-test.js'

const minimal = { brokers: '127.0.0.1:9092', topic: 'readings', schema: readingSchema }
const resolve = (changes: object) =>
  resolveProducerOptions({ ...minimal, ...changes } as ProducerOptions<Reading>)

function errorOf(changes: object): TidewaterError {
  try {
    resolve(changes)
  } catch (thrown) {
    if (TidewaterError.isInstance(thrown)) return thrown
    throw thrown
  }
  return expect.fail('expected an error')
}

test('defaults', () => {
  expect(resolve({})).toMatchObject({
    driver: 'native',
    brokers: ['127.0.0.1:9092'],
    clientId: 'tidewater',
    acks: 'all',
    idempotent: true,
    compression: 'snappy',
    lingerMs: 5,
    batchBytes: 1_000_000,
    batchRecords: 1_000_000,
    maxBufferedBytes: 67_108_864,
    maxInFlightBatchesPerPartition: 5,
    maxRecordBytes: 1_000_000,
    deliveryTimeoutMs: 120_000,
    drainOnSigterm: true,
  })
  expect(resolve({ driver: 'confluent' }).batchRecords).toBe(2_000)
  expect(Object.isFrozen(resolve({}))).toBe(true)
})

test('idempotence follows acks unless it is asked for', () => {
  expect(resolve({ acks: 'leader' }).idempotent).toBe(false)
  expect(resolve({ idempotent: false }).idempotent).toBe(false)
})

test.each([
  ['an unknown option', { lingerMS: 5 }, /lingerMS/],
  [
    'an unknown driver',
    { driver: 'librdkafka' },
    /driver: must be one of native, kafkajs, confluent, got "librdkafka"/,
  ],
  // The drivers' own bound: more would be refused only when connecting.
  ['a delivery time-out no driver takes', { deliveryTimeoutMs: 900_001 }, /deliveryTimeoutMs.*900001/],
  ['no topic', { topic: undefined }, /topic/],
  ['a topic name Kafka refuses', { topic: 'a b' }, /topic.*"a b"/],
  [
    'a schema that is only JSON',
    { schema: { type: 'record' } },
    /schema: must be what avroSchema\(\) returns/,
  ],
  ['a negative linger', { lingerMs: -1 }, /lingerMs.*-1/],
  ['a batch that is no number', { batchBytes: '1MB' }, /batchBytes.*"1MB"/],
  ['idempotence without all acks', { acks: 'leader', idempotent: true }, /idempotent: needs acks 'all'/],
  [
    'a buffer for less than four batches',
    { batchBytes: 2_000_000, maxBufferedBytes: 7_000_000 },
    /maxBufferedBytes.*8000000/,
  ],
  ['a hook that is no function', { onDelivery: true }, /onDelivery: must be a function, got true/],
])('%s is CONFIG_INVALID and is named', (_, changes, message) => {
  const error = errorOf(changes)
  expect(error.code).toBe('CONFIG_INVALID')
  expect(error.message).toMatch(message)
})

test('more in flight than the driver keeps in order is refused before connecting', () => {
  const error = errorOf({ driver: 'kafkajs', maxInFlightBatchesPerPartition: 5 })
  expect(error.code).toBe('DRIVER_UNSUPPORTED_OPTION')
  expect(error.message).toContain('maxInFlightBatchesPerPartition 5: at most 1')
  expect(
    resolve({ driver: 'confluent', maxInFlightBatchesPerPartition: 5 }).maxInFlightBatchesPerPartition,
  ).toBe(5)
})

test('a compression the driver lacks is refused before connecting', async () => {
  const creating = createProducer({ ...minimal, driver: 'kafkajs', compression: 'lz4' })
  await expect(creating).rejects.toMatchObject({
    code: 'DRIVER_UNSUPPORTED_OPTION',
    details: { driver: 'kafkajs', option: 'compression', value: 'lz4' },
  })
})
