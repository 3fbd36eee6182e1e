import { avroSchema, type CheckedSchema } from '@tidewater/core'
import { type ConfluentRegistryOptions, confluentRegistry, readFraming } from '@tidewater/producer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePorts } from '../../src/local/ports.js'
import { startApicurio } from './apicurio.js'
import { withGuids } from './guid-registry.js'
import { type HttpAnswer, type HttpRequest, serve } from './http-server.js'
import { type LocalService, setUpTimeoutMs } from './local-service.js'
import { preparePythonClients, readWithForeignClients } from './python-clients.js'
import { brokers, readingCodec, readingSchema, readings, writeReadings } from './written-topic.js'

let apicurio: LocalService
beforeAll(async () => {
  await preparePythonClients()
  apicurio = await startApicurio()
}, setUpTimeoutMs)
afterAll(() => apicurio?.stop())

test("Confluent's own client decodes what was written with the id before the value", async () => {
  const topic = await writeReadings(confluentRegistry({ url: apicurio.url, register: true }))
  const records = await readWithForeignClients({
    brokers: brokers(),
    topic,
    count: readings.length,
    registry: { type: 'confluent', url: apicurio.url },
  })
  expect(records.map(({ decoded }) => decoded)).toEqual(readings)
  const { id } = await lookUp(`${topic}-value`)
  for (const [index, { value, headers }] of records.entries()) {
    const read = readFraming(value, headers)
    expect(read).toMatchObject({ format: 'confluent-id', id })
    expect(readingCodec.decode(read.payload)).toEqual(readings[index])
    expect(headers).toEqual(index % 2 === 0 ? {} : { unit: Buffer.from('cm') })
  }
  // It is registered now: a producer that may only read finds it.
  const again = await confluentRegistry({ url: `${apicurio.url}/` }).framing(readingSchema, topic)
  expect(again.prefix).toEqual(records[0]?.value.subarray(0, 5))
})

test("Confluent's own client decodes what was written with a GUID in the header", async () => {
  const url = await withGuids(apicurio.url)
  const topic = await writeReadings(confluentRegistry({ url, register: true, idIn: 'header' }))
  const records = await readWithForeignClients({
    brokers: brokers(),
    topic,
    count: readings.length,
    registry: { type: 'confluent', url },
  })
  expect(records.map(({ decoded }) => decoded)).toEqual(readings)
  for (const [index, { value, headers }] of records.entries()) {
    expect(readingCodec.decode(value)).toEqual(readings[index])
    expect(readFraming(value, headers)).toMatchObject({ format: 'confluent-guid', payload: value })
    expect(Object.keys(headers).sort()).toEqual(['__value_schema_id', ...(index % 2 === 0 ? [] : ['unit'])])
  }
})

test('a registry without GUIDs is told apart before anything is written', async () => {
  const registry = confluentRegistry({ url: apicurio.url, register: true, idIn: 'header' })
  await expect(registry.framing(readingSchema, 'no-guids')).rejects.toMatchObject({
    code: 'REGISTRY_REQUEST_FAILED',
    message: expect.stringContaining('no GUID'),
    remedy: expect.stringContaining("idIn: 'prefix'"),
  })
})

test('a schema that is not there, and one that is not compatible, are SCHEMA_NOT_REGISTERED by name', async () => {
  const framing = (subject: string, schema: CheckedSchema = readingSchema, register = false) =>
    confluentRegistry({ url: apicurio.url, subject, register }).framing(schema, 'any-topic')
  const changed = avroSchema({
    type: 'record',
    name: 'reading',
    namespace: 'tide',
    fields: [{ name: 'sensor', type: 'long' }],
  })

  await expect(framing('of/nobody')).rejects.toMatchObject({
    code: 'SCHEMA_NOT_REGISTERED',
    retryable: false,
    message: expect.stringMatching(/tide\.reading.*"of\/nobody"/),
    remedy: expect.stringContaining('register: true'),
  })
  await framing('of/somebody', readingSchema, true)
  await expect(framing('of/somebody', changed)).rejects.toMatchObject({
    code: 'SCHEMA_NOT_REGISTERED',
    details: { subject: 'of/somebody', schemaName: 'tide.reading', errorCode: 40403 },
  })
  await fetch(`${apicurio.url}/config/${encodeURIComponent('of/somebody')}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: 'BACKWARD' }),
  })
  await expect(framing('of/somebody', changed, true)).rejects.toMatchObject({
    code: 'SCHEMA_NOT_REGISTERED',
    remedy: expect.stringContaining('compatible'),
    details: { status: 409 },
  })
})

test('an address without a registry is REGISTRY_REQUEST_FAILED', async () => {
  const elsewhere = confluentRegistry({ url: new URL('/elsewhere', apicurio.url).href })
  await expect(elsewhere.framing(readingSchema, 'clicks')).rejects.toMatchObject({
    code: 'REGISTRY_REQUEST_FAILED',
    retryable: false,
    remedy: expect.stringContaining('url'),
  })
  const [port] = await findFreePorts(1)
  const nobody = confluentRegistry({ url: `http://127.0.0.1:${port}` })
  await expect(nobody.framing(readingSchema, 'clicks')).rejects.toMatchObject({
    code: 'REGISTRY_REQUEST_FAILED',
    retryable: true,
    message: expect.stringMatching(new RegExp(`:${port}/subjects/clicks-value.*ECONNREFUSED`)),
  })
})

// What the registry above never answers comes from a server that says it in its place.

async function framingFrom(
  answers: readonly (HttpAnswer | undefined)[],
  options: Partial<ConfluentRegistryOptions> = {},
  signal?: AbortSignal,
) {
  const requests: HttpRequest[] = []
  const url = await serve((request) => answers[requests.push(request) - 1])
  const asked = confluentRegistry({ url, ...options }).framing(readingSchema, 'clicks', signal)
  return { asked, requests }
}

test('what may pass is asked again, with the same credentials', async () => {
  const busy = { status: 503, body: '<html>starting</html>' }
  const { asked, requests } = await framingFrom([busy, { status: 200, body: { id: 7 } }], {
    basicAuth: { username: 'me', password: 'gehëim' },
    headers: { 'x-team': 'tides' },
  })
  expect(await asked).toEqual({ prefix: Buffer.of(0, 0, 0, 0, 7) })
  expect(requests).toHaveLength(2)
  for (const { method, path, headers, body } of requests) {
    expect([method, path]).toEqual(['POST', '/subjects/clicks-value'])
    expect(headers).toMatchObject({
      authorization: `Basic ${Buffer.from('me:gehëim').toString('base64')}`,
      'x-team': 'tides',
    })
    expect(JSON.parse(JSON.parse(body).schema)).toEqual(readingSchema.definition)
  }
})

test('a registry that never answers is given up after requestTimeoutMs', async () => {
  const { asked } = await framingFrom([], { requestTimeoutMs: 100 })
  await expect(asked).rejects.toMatchObject({
    code: 'REGISTRY_REQUEST_FAILED',
    retryable: true,
    message: expect.stringContaining('100 ms'),
  })
})

test('a refusal is not asked again, and says what is missing', async () => {
  const answer = (status: number, error_code = status) => ({
    status,
    body: { error_code, message: 'no' },
  })
  for (const [refusal, register, code, remedy] of [
    [answer(401), false, 'AUTHENTICATION_FAILED', 'basicAuth'],
    [answer(403), false, 'AUTHORIZATION_FAILED', 'read clicks-value'],
    [answer(403), true, 'AUTHORIZATION_FAILED', 'write clicks-value'],
    [answer(422, 42201), true, 'SCHEMA_INVALID', 'Correct'],
    [{ status: 302, body: '' }, false, 'REGISTRY_REQUEST_FAILED', 'url'],
    [{ status: 200, body: '<html>' }, false, 'REGISTRY_REQUEST_FAILED', 'url'],
  ] as const) {
    const { asked, requests } = await framingFrom([refusal], { register })
    await expect(asked).rejects.toMatchObject({
      code,
      retryable: false,
      remedy: expect.stringContaining(remedy),
    })
    expect(requests).toHaveLength(1)
  }
})

test('an abort ends the question at once', async () => {
  const abort = new AbortController()
  const url = await serve(() => {
    abort.abort()
    return undefined
  })
  const asked = confluentRegistry({ url }).framing(readingSchema, 'clicks', abort.signal)
  await expect(asked).rejects.toMatchObject({ code: 'ABORTED' })
})

async function lookUp(subject: string): Promise<{ id: number }> {
  const answer = await fetch(`${apicurio.url}/subjects/${subject}/versions/latest`)
  return (await answer.json()) as { id: number }
}
