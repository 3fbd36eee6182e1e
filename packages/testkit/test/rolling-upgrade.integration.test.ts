// A broker that is upgraded, and taken back, under a producer: other releases on the same data and the same port.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { avroSchema } from '@tidewater/core'
import { createProducer } from '@tidewater/producer'
import { expect, onTestFinished, test } from 'vitest'
import { type LocalStack, startLocal } from '../src/index.js'
import { findFreePorts } from '../src/local/ports.js'
import { countRecords, createTopic } from './kafka-records.js'

const schema = avroSchema({ type: 'record', name: 'count', fields: [{ name: 'number', type: 'int' }] })
const perRelease = 300

test('a producer goes on through other releases of its broker, and each record is written once, in its order', async () => {
  const stateFolder = await mkdtemp(join(tmpdir(), 'tidewater-upgrade-'))
  const [brokerPort, controllerPort] = await findFreePorts(2)
  let stack: LocalStack | undefined
  onTestFinished(async () => {
    await stack?.stop()
    await rm(stateFolder, { recursive: true, force: true })
  })
  const changeTo = async (kafkaVersion: '3.9' | '4.1') => {
    await stack?.stop()
    stack = await startLocal({ kafkaVersion, stateFolder, brokerPort, controllerPort })
    return stack.bootstrapBrokers
  }

  // First the older one, so that the data is such as both can read.
  const brokers = await changeTo('3.9')
  await createTopic(brokers, 'counts')
  await changeTo('4.1')
  const producer = await createProducer({
    brokers,
    topic: 'counts',
    schema,
    lingerMs: 0,
    deliveryTimeoutMs: 60_000,
    drainOnSigterm: false,
  })
  onTestFinished(() => producer.close().catch(() => {}))
  const offsets: bigint[] = []
  const send = async () => {
    const records = Array.from({ length: perRelease }, (_, number) => ({ number }))
    offsets.push(...(await producer.send(records)).map(({ offset }) => offset))
  }
  await send()
  for (const release of ['3.9', '4.1'] as const) {
    // The first are sent while it stops, or is away.
    await Promise.all([changeTo(release), send()])
    await send()
  }
  expect(await countRecords(brokers, 'counts')).toBe(5 * perRelease)
  expect(offsets).toEqual(Array.from({ length: 5 * perRelease }, (_, offset) => BigInt(offset)))
})
