import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { type LocalStack, startLocal, upLocal } from '../../src/index.js'
import { encodeApiVersionsRequest, takeResponse } from '../../src/local/metadata-wire.js'
import { countRecords, createTopic, sendValues } from '../kafka-records.js'

test('Kafka 4.1 answers, and tells that it is another release', async () => {
  const versions = async (kafkaVersion: '3.9' | '4.1') => {
    await using stack = await startLocal({ kafkaVersion, brokerHeapMb: 256 })
    await createTopic(stack.bootstrapBrokers, 'there')
    await sendValues(stack.bootstrapBrokers, 'there', ['a'])
    expect(await countRecords(stack.bootstrapBrokers, 'there')).toBe(1)
    return produceVersions(stack)
  }
  const [older, newer] = await Promise.all([versions('3.9'), versions('4.1')])
  expect(older.max).toBe(11)
  expect(newer.max).toBeGreaterThan(older.max)
})

test('a proxied stack tells its clients of the proxies, and goes on beside their faults', async () => {
  await using stack = await startLocal({ proxied: true, brokerHeapMb: 256 })
  const { proxy, port } = stack.broker
  if (proxy === undefined) throw new TypeError('there is no proxy')
  expect(stack.bootstrapBrokers).toBe(proxy.address)
  // The direct way in leads to the proxy: that is what the broker tells.
  await createTopic(`127.0.0.1:${port}`, 'through')
  expect(proxy.connections).toBeGreaterThan(0)
  await sendValues(stack.bootstrapBrokers, 'through', ['a'])
  expect(await countRecords(stack.bootstrapBrokers, 'through')).toBe(1)

  const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers: stack.bootstrapBrokers }))
  proxy.cut()
  await expect.poll(() => admin.listTopics(), { timeout: 20_000 }).toContain('through')
  const cut = proxy.cutResponse(10)
  await expect(admin.listTopics()).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
  await cut
  await admin.close()
  expect(await countRecords(stack.bootstrapBrokers, 'through')).toBe(1)

  proxy.refuse()
  await expect(
    kafkajsDriver.createAdmin(kafkaConnection({ brokers: stack.bootstrapBrokers })),
  ).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
  await proxy.accept()
  // Another process of the broker is behind the same proxy.
  await stack.broker.kill()
  await stack.broker.start()
  expect(await countRecords(stack.bootstrapBrokers, 'through')).toBe(1)
  await expect(stack.detach()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('a proxied stack can not outlive its process', async () => {
  await expect(upLocal({ proxied: true })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('a log directory that fills fails appends with a storage error, and the broker goes on', async () => {
  await using stack = await startLocal({ smallLogDir: { brokerId: 1, sizeMb: 8 }, brokerHeapMb: 256 })
  const { bootstrapBrokers, broker } = stack
  // One each on the two directories.
  await createTopic(bootstrapBrokers, 'one')
  await createTopic(bootstrapBrokers, 'other')
  // A broker answers for a topic a moment before it has made its folder.
  const onSmall = async () =>
    (await readdir(broker.smallLogDir ?? '')).find((name) => /^(one|other)-0$/.test(name))
  await expect.poll(onSmall, { timeout: 30_000 }).toBeDefined()
  const full = (await onSmall())?.replace('-0', '') ?? ''
  const kafka = new Kafka({ brokers: [bootstrapBrokers], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
  const producer = kafka.producer()
  await producer.connect()
  const value = Buffer.alloc(500_000, 'x')
  const fill = async () => {
    for (let sent = 0; sent < 40; sent++) await producer.send({ topic: full, messages: [{ value }] })
  }
  await expect(fill()).rejects.toMatchObject({ cause: { type: 'KAFKA_STORAGE_ERROR' } })
  await producer.disconnect()
  expect(broker.isRunning).toBe(true)
  const spared = full === 'one' ? 'other' : 'one'
  await sendValues(bootstrapBrokers, spared, ['still here'])
  expect(await countRecords(bootstrapBrokers, spared)).toBe(1)
})

/** The versions of Produce (API key 0) in what the broker answers to ApiVersions. */
async function produceVersions({ broker }: LocalStack): Promise<{ min: number; max: number }> {
  const socket = connect(broker.port, broker.host)
  let received = Buffer.alloc(0)
  const answer = await new Promise<Buffer>((resolve, reject) => {
    socket.on('error', reject).on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const response = takeResponse(received)
      if (response !== undefined) resolve(response)
    })
    socket.write(encodeApiVersionsRequest(1, 'testkit-test'))
  })
  socket.destroy()
  // Correlation id, error code, number of APIs; then key, min and max of each.
  const produce = 4 + 2 + 4
  expect(answer.readInt16BE(produce)).toBe(0)
  return { min: answer.readInt16BE(produce + 2), max: answer.readInt16BE(produce + 4) }
}
