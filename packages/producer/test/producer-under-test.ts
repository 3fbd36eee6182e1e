import { avroCodec, avroSchema, TidewaterError } from '@tidewater/core'
import { expect } from 'vitest'
import { type ProducerOptions, resolveProducerOptions } from '../src/options.js'
import { type AvroProducer, connectProducer } from '../src/producer.js'
import type { ScriptedDriver } from './scripted-driver.js'

export const readingSchema = avroSchema({
  type: 'record',
  name: 'reading',
  fields: [
    { name: 'sensor', type: 'string' },
    { name: 'value', type: 'long' },
  ],
})

export interface Reading {
  sensor: string
  value: number
}

/** A producer over the scripted driver; off the process's SIGTERM unless a test asks for it. */
export function producerOver(
  driver: ScriptedDriver,
  options: Partial<ProducerOptions<Reading>> = {},
): Promise<AvroProducer<Reading>> {
  const config = resolveProducerOptions<Reading>({
    driver: 'kafkajs',
    brokers: '127.0.0.1:9092',
    topic: 'readings',
    schema: readingSchema,
    drainOnSigterm: false,
    ...options,
  })
  return connectProducer(config, driver, {
    nowMs: () => performance.now(),
    wallClockMs: () => 1_750_000_000_000,
    random: () => 0,
  })
}

export const reading = (value: number, sensor = 'tide-gauge'): Reading => ({ sensor, value })

export const readingCodec = avroCodec(readingSchema)

/** The values a partition holds, in order. */
export const valuesIn = (driver: ScriptedDriver, partition: number) =>
  driver.values(partition).map((bytes) => readingCodec.decode(bytes).value)

/** What the promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<TidewaterError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!TidewaterError.isInstance(thrown)) expect.fail(`expected a TidewaterError, got ${String(thrown)}`)
  return thrown
}
