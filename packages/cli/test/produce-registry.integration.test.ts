// `tidewater produce` with a registry. The registry is Apicurio, as the test kit's own tests start it.
import { availableParallelism } from 'node:os'
import { CreateRegistryCommand, GlueClient } from '@aws-sdk/client-glue'
import { avroCodec } from '@tidewater/core'
import { confluentRegistry, glueRegistry, readFraming } from '@tidewater/producer'
import { netflowSchema } from '@tidewater/producer/sample'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { startApicurio } from '../../testkit/test/registry/apicurio.js'
import { serve } from '../../testkit/test/registry/http-server.js'
import { type LocalService, setUpTimeoutMs } from '../../testkit/test/registry/local-service.js'
import { anyCredentials, startMoto } from '../../testkit/test/registry/python-clients.js'
import { produce } from '../src/commands/produce.js'
import { fakeIo } from './fake-io.js'
import { RealTopics } from './real-topics.js'

const topics = new RealTopics()
let apicurio: LocalService
beforeAll(async () => {
  apicurio = await startApicurio()
}, setUpTimeoutMs)
afterAll(() => apicurio?.stop())

async function readValues(topic: string, count: number): Promise<Buffer[]> {
  const kafka = new Kafka({ brokers: topics.broker.split(','), logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `reader-of-${topic}` })
  await consumer.connect()
  const values: Buffer[] = []
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
        values.push(message.value ?? Buffer.alloc(0))
        if (values.length === count) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return values
}

const runningIo = (env: NodeJS.ProcessEnv = {}) => ({
  ...fakeIo({ now: () => Date.now() }),
  env: { ...process.env, ...env },
})

test.each([
  ['one producer', 1],
  ['a fleet', 3],
])('%s says in each record which schema it is of', async (_, workers) => {
  const topicName = await topics.create()
  const { prefix } = await confluentRegistry({ url: apicurio.url, register: true }).framing(
    netflowSchema,
    topicName,
  )
  const options = { topicName, broker: topics.broker, registryUrl: apicurio.url, workers }
  await produce({ ...options, count: 60, clientId: 'writer' }, runningIo())
  const codec = avroCodec(netflowSchema)
  for (const value of await readValues(topicName, 60)) {
    expect(value.subarray(0, 5)).toEqual(prefix)
    const { payload } = readFraming(value)
    expect((codec.decode(payload) as { writer_id: string }).writer_id).toMatch(/^writer/)
  }
})

test.each([
  ['one producer', 1],
  ['a fleet', 2],
])('%s fails when the schema is not registered, and writes nothing', async (_, workers) => {
  const topicName = await topics.create()
  const options = { topicName, broker: topics.broker, registryUrl: apicurio.url, workers }
  await expect(produce({ ...options, count: 10 }, runningIo())).rejects.toMatchObject({
    code: 'SCHEMA_NOT_REGISTERED',
  })
  expect(await topics.recordsIn(topicName)).toBe(0)
})

test('user and password come from the environment; the workers of a thread ask once', async () => {
  const topicName = await topics.create()
  const authorizations: (string | undefined)[] = []
  const registryUrl = await serve(({ headers }) => {
    authorizations.push(headers.authorization)
    return { status: 200, body: { id: 7 } }
  })
  const io = runningIo({ TIDEWATER_REGISTRY_USERNAME: 'me', TIDEWATER_REGISTRY_PASSWORD: 'gehëim' })
  const options = { topicName, broker: topics.broker, registryUrl, registryAuth: true, count: 50 }
  await produce(options, io)
  const expected = `Basic ${Buffer.from('me:gehëim').toString('base64')}`
  expect(authorizations.splice(0)).toEqual([expected])
  await produce({ ...options, workers: 20 }, io)
  expect(new Set(authorizations)).toEqual(new Set([expected]))
  expect(authorizations.length).toBeLessThanOrEqual(availableParallelism())
  const [first] = await readValues(topicName, 100)
  expect(first?.subarray(0, 5)).toEqual(Buffer.of(0, 0, 0, 0, 7))
})

test(
  'the Glue registry is asked as the AWS SDK finds it, by one producer and by a fleet',
  async () => {
    const moto = await startMoto()
    onTestFinished(() => moto.stop())
    const { accessKeyId, secretAccessKey } = anyCredentials
    for (const [name, value] of Object.entries({
      AWS_ENDPOINT_URL_GLUE: moto.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    }))
      vi.stubEnv(name, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const client = new GlueClient({})
    await client.send(new CreateRegistryCommand({ RegistryName: 'flows' }))
    client.destroy()
    const topicName = await topics.create()
    const { prefix } = await glueRegistry({ registryName: 'flows', register: true }).framing(
      netflowSchema,
      topicName,
    )
    for (const workers of [1, 2])
      await produce(
        { topicName, broker: topics.broker, glueRegistry: 'flows', workers, count: 20 },
        runningIo(),
      )
    for (const value of await readValues(topicName, 40)) expect(value.subarray(0, 18)).toEqual(prefix)
  },
  setUpTimeoutMs,
)
