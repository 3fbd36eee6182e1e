import { inflateSync } from 'node:zlib'
import {
  CreateRegistryCommand,
  GetSchemaCommand,
  GetSchemaVersionCommand,
  GlueClient,
} from '@aws-sdk/client-glue'
import { avroSchema } from '@tidewater/core'
import { type GlueRegistryOptions, glueRegistry, readFraming } from '@tidewater/producer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HttpAnswer, serve } from './http-server.js'
import { type LocalService, setUpTimeoutMs } from './local-service.js'
import { anyCredentials, readWithForeignClients, startMoto } from './python-clients.js'
import { brokers, readingCodec, readingSchema, readings, writeReadings } from './written-topic.js'

const region = 'eu-west-1'
const registryName = 'tides'

let moto: LocalService
let glue: GlueClient
beforeAll(async () => {
  moto = await startMoto()
  glue = new GlueClient({ endpoint: moto.url, region, credentials: anyCredentials })
  await glue.send(new CreateRegistryCommand({ RegistryName: registryName }))
}, setUpTimeoutMs)
afterAll(async () => {
  glue?.destroy()
  await moto?.stop()
})

const registry = (options: Partial<GlueRegistryOptions> = {}) =>
  glueRegistry({ endpoint: moto.url, region, registryName, credentials: anyCredentials, ...options })

describe.each(['none', 'zlib'] as const)('with compression %s', (compression) => {
  test('a foreign client of Glue decodes what was written', async () => {
    const topic = await writeReadings(registry({ register: true, compression }))
    const records = await readWithForeignClients({
      brokers: brokers(),
      topic,
      count: readings.length,
      registry: { type: 'glue', url: moto.url, region, registryName },
    })
    expect(records.map(({ decoded }) => decoded)).toEqual(readings)
    for (const [index, { value }] of records.entries()) {
      expect([value[0], value[1]]).toEqual([3, compression === 'zlib' ? 5 : 0])
      const avro = compression === 'zlib' ? inflateSync(value.subarray(18)) : value.subarray(18)
      expect(readingCodec.decode(avro)).toEqual(readings[index])
      expect(readFraming(value)).toMatchObject({ format: 'glue', compression, payload: avro })
    }
    // The id in the records is that of the definition, under the topic's name.
    const [first] = records
    const read = readFraming(first?.value ?? Buffer.of())
    const SchemaVersionId = read.format === 'glue' ? read.schemaVersionId : ''
    const version = await glue.send(new GetSchemaVersionCommand({ SchemaVersionId }))
    expect(JSON.parse(version.SchemaDefinition ?? '')).toEqual(readingSchema.definition)
    expect(version.SchemaArn).toContain(`${registryName}/${topic}`)
  })
})

test('a schema is looked up unless it is to be registered; registering again gives the same version', async () => {
  await expect(registry().framing(readingSchema, 'looked-up')).rejects.toMatchObject({
    code: 'SCHEMA_NOT_REGISTERED',
    message: expect.stringMatching(/looked-up.*tides/),
    remedy: expect.stringContaining('register: true'),
  })
  const registered = await registry({ register: true }).framing(readingSchema, 'looked-up')
  expect(await registry({ register: true }).framing(readingSchema, 'looked-up')).toEqual(registered)
  expect(await registry().framing(readingSchema, 'looked-up')).toEqual(registered)
  expect(await registry({ schemaName: 'looked-up' }).framing(readingSchema, 'another')).toEqual(registered)

  const grown = avroSchema({
    type: 'record',
    name: 'reading',
    namespace: 'tide',
    fields: [...readingSchema.definition.fields, { name: 'note', type: 'string', default: '' }],
  })
  await expect(registry().framing(grown, 'looked-up')).rejects.toMatchObject({
    code: 'SCHEMA_NOT_REGISTERED',
  })
  const second = await registry({ register: true }).framing(grown, 'looked-up')
  expect(second.prefix).not.toEqual(registered.prefix)
  const schema = await glue.send(
    new GetSchemaCommand({ SchemaId: { RegistryName: registryName, SchemaName: 'looked-up' } }),
  )
  expect(schema).toMatchObject({ LatestSchemaVersion: 2, DataFormat: 'AVRO', Compatibility: 'BACKWARD' })
})

test('a registry that does not exist is named', async () => {
  const missing = registry({ registryName: 'nowhere', register: true })
  await expect(missing.framing(readingSchema, 'clicks')).rejects.toMatchObject({
    code: 'SCHEMA_NOT_REGISTERED',
    message: expect.stringContaining('nowhere'),
    remedy: expect.stringContaining('Create registry nowhere'),
  })
})

// What moto never answers comes from a server that says it in its place.

const versionId = '0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f'
const error = (name: string, status = 400): HttpAnswer => ({
  status,
  body: { __type: name, Message: `${name}: because` },
})
const version = (status: string): HttpAnswer => ({
  status: 200,
  body: { SchemaVersionId: versionId, Status: status },
})

async function answering(answers: readonly (readonly [operation: string, answer: HttpAnswer])[]) {
  const left = [...answers]
  const endpoint = await serve(({ headers }) => {
    const [operation, answer] = left.shift() ?? ['nothing', error('InternalServiceException', 500)]
    const asked = String(headers['x-amz-target'])
    return asked === `AWSGlue.${operation}` ? answer : error(`Expected ${operation}, got ${asked}`)
  })
  return {
    framing: (register: boolean, signal?: AbortSignal) =>
      registry({ endpoint, register }).framing(readingSchema, 'clicks', signal),
    left,
  }
}

test('a version that is being checked is waited for', async () => {
  const { framing, left } = await answering([
    ['RegisterSchemaVersion', error('ConcurrentModificationException')],
    ['RegisterSchemaVersion', version('PENDING')],
    ['GetSchemaVersion', version('PENDING')],
    ['GetSchemaVersion', error('InternalServiceException', 500)],
    ['GetSchemaVersion', version('AVAILABLE')],
  ])
  const { prefix } = await framing(true)
  expect(Buffer.from(prefix ?? []).toString('hex')).toBe(`0300${versionId.replaceAll('-', '')}`)
  expect(left).toEqual([])
})

test('a version whose check failed is SCHEMA_NOT_REGISTERED, with its id and status', async () => {
  const { framing } = await answering([
    ['RegisterSchemaVersion', version('PENDING')],
    ['GetSchemaVersion', version('FAILURE')],
  ])
  await expect(framing(true)).rejects.toMatchObject({
    code: 'SCHEMA_NOT_REGISTERED',
    retryable: false,
    remedy: expect.stringContaining('compatible'),
    details: { schemaName: 'clicks', registryName, schemaVersionId: versionId, status: 'FAILURE' },
  })
})

test('a check that never ends is given up when the signal says so', async () => {
  const abort = new AbortController()
  const pending = Array.from({ length: 3 }, () => ['GetSchemaVersion', version('PENDING')] as const)
  const { framing, left } = await answering([['GetSchemaByDefinition', version('PENDING')], ...pending])
  const asked = framing(false, abort.signal)
  await Promise.all([
    expect(asked).rejects.toMatchObject({ code: 'ABORTED' }),
    expect
      .poll(() => left.length)
      .toBeLessThan(2)
      .then(() => abort.abort()),
  ])
})

test('of two producers that create the schema at once the slower one takes the version of the other', async () => {
  const { framing, left } = await answering([
    ['RegisterSchemaVersion', error('EntityNotFoundException')],
    ['CreateSchema', error('AlreadyExistsException')],
    ['RegisterSchemaVersion', version('AVAILABLE')],
  ])
  expect((await framing(true)).prefix).toHaveLength(18)
  expect(left).toEqual([])
})

test('a denied right is AUTHORIZATION_FAILED and is not asked for again', async () => {
  const { framing, left } = await answering([
    ['GetSchemaByDefinition', error('AccessDeniedException')],
    ['GetSchemaByDefinition', version('AVAILABLE')],
  ])
  await expect(framing(false)).rejects.toMatchObject({
    code: 'AUTHORIZATION_FAILED',
    message: expect.stringMatching(/clicks.*tides.*because/),
  })
  expect(left).toHaveLength(1)
})
