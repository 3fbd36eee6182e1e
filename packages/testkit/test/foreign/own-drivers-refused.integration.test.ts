// This project's own drivers when something is wrong: each case has its code, and none is tried again in vain.
import { setTimeout as pause } from 'node:timers/promises'
import type { KafkaDriver } from '@tidewater/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from '../../src/index.js'
import { countRecords, createTopic } from '../kafka-records.js'
import {
  connectTimeoutMs,
  consume,
  iamConnection,
  numbered,
  producerOptions,
  rejection,
} from './own-clients.js'
import { drivers, OwnStage } from './own-stage.js'
import { allow, clusterArn, everything, within } from './policies.js'

const connect = [['Connect'], clusterArn] as const
const connectAndIdempotence = [['Connect', 'WriteDataIdempotently'], clusterArn] as const
const describeAll = [['DescribeTopic'], within('topic', '*')] as const
const groups = [['DescribeGroup', 'AlterGroup'], within('group', '*')] as const

const users = {
  anybody: [everything],
  'no-connect': [allow([['DescribeTopic', 'WriteData'], within('topic', '*')])],
  'no-create': [allow(connect, describeAll)],
  'no-write': [allow(connectAndIdempotence, describeAll, [['WriteData'], within('topic', 'other')])],
  'no-idempotence': [allow(connect, [['DescribeTopic', 'WriteData'], within('topic', '*')])],
  'no-read': [allow(connect, describeAll, groups)],
  'no-group': [allow(connect, [['DescribeTopic', 'ReadData'], within('topic', '*')])],
  'wrong-secret': [everything],
  'wrong-region': [everything],
}
type Who = keyof typeof users

let stage: OwnStage<Who>
beforeAll(async () => {
  stage = await OwnStage.open(users, { clusterArn })
  await createTopic(stage.stack.bootstrapBrokers, 'guarded')
})
afterAll(async () => {
  for (const { proxy } of doors) await proxy[Symbol.asyncDispose]()
  await stage?.stack.stop()
})

/** Of those who get no further than TLS, which leaves no trace in the broker's decisions. */
const doors: { readonly driver: KafkaDriver; readonly proxy: TcpProxy }[] = []

async function countedDoor(driver: KafkaDriver, target: string): Promise<string> {
  const proxy = await startTcpProxy(target)
  doors.push({ driver, proxy })
  // The certificate is of that name.
  return `localhost:${proxy.port}`
}

const producing = async (driver: KafkaDriver, connection: ReturnType<typeof iamConnection>) => {
  const producer = await driver.createProducer(connection, producerOptions)
  try {
    return await producer.send({ topic: 'guarded', partition: 0, records: numbered(0, 3) })
  } finally {
    await producer.close()
  }
}

describe.each(drivers)('the driver $name', (driver) => {
  const as = (who: Who, more: Parameters<typeof iamConnection>[2] = {}) =>
    iamConnection(stage.stack.iam, stage.user(driver, who), more)

  interface Refusal {
    readonly what: string
    readonly who: Who
    readonly connection: () => ReturnType<typeof iamConnection>
    readonly code: string
    /** What the broker noted; undefined when it was never asked. */
    readonly reason: unknown
  }

  const refusals: readonly Refusal[] = [
    {
      what: 'another secret',
      who: 'wrong-secret',
      connection: () =>
        iamConnection(stage.stack.iam, {
          ...stage.user(driver, 'wrong-secret'),
          secretAccessKey: 'not-the-secret',
        }),
      code: 'AUTHENTICATION_FAILED',
      reason: expect.stringContaining('the signature does not match'),
    },
    {
      what: 'another region',
      who: 'wrong-region',
      connection: () => as('wrong-region', { region: 'eu-west-1' }),
      code: 'AUTHENTICATION_FAILED',
      reason: expect.stringContaining("the host 'kafka.eu-west-1.amazonaws.com' is not one of"),
    },
    {
      what: 'a policy without Connect',
      who: 'no-connect',
      connection: () => as('no-connect'),
      code: 'AUTHENTICATION_FAILED',
      reason: expect.stringContaining('no statement allows kafka-cluster:Connect on'),
    },
    {
      what: 'credentials past their end',
      who: 'anybody',
      connection: () => {
        const expiration = new Date(Date.now() - 60_000)
        return iamConnection(stage.stack.iam, {
          ...stage.user(driver, 'anybody'),
          sessionToken: 'ended',
          expiration,
        })
      },
      code: 'CREDENTIALS_EXPIRED',
      reason: undefined,
    },
    {
      what: 'a credential source that fails',
      who: 'anybody',
      connection: () => iamConnection(stage.stack.iam, () => Promise.reject(new TypeError('no route to it'))),
      code: 'CREDENTIALS_UNAVAILABLE',
      reason: undefined,
    },
    {
      what: 'a credential source that never answers',
      who: 'anybody',
      connection: () => iamConnection(stage.stack.iam, () => new Promise(() => {})),
      code: 'CREDENTIALS_UNAVAILABLE',
      reason: undefined,
    },
  ]

  test.each(refusals)('with $what: $code, tried once', async ({ who, connection, code, reason }) => {
    expect(await rejection(producing(driver, connection()))).toMatchObject({ code })
    const denied = await stage.denials(driver, who)
    expect(denied.map((decision) => decision.reason)).toEqual(reason === undefined ? [] : [reason])
  })

  test('without the certificate authority: TLS_UNTRUSTED', async () => {
    const brokers = await countedDoor(driver, stage.stack.iam.bootstrapBrokers)
    const untrusting = as('anybody', { brokers, tls: true })
    const remedy = expect.stringContaining('tls.caFile')
    expect(await rejection(producing(driver, untrusting))).toMatchObject({ code: 'TLS_UNTRUSTED', remedy })
    expect(await stage.denials(driver, 'anybody')).toEqual([])
  })

  test('on the plaintext port: TLS_MISMATCH', async () => {
    const brokers = await countedDoor(driver, stage.stack.bootstrapBrokers)
    const mistaken = as('anybody', { brokers })
    const remedy = expect.stringContaining('TLS port')
    expect(await rejection(producing(driver, mistaken))).toMatchObject({ code: 'TLS_MISMATCH', remedy })
  })

  const lacking = (action: string) => [
    expect.objectContaining({
      kind: 'authorization',
      reason: expect.stringContaining(`no statement allows kafka-cluster:${action} on`),
    }),
  ]

  test('without WriteData: AUTHORIZATION_FAILED for each record, and none is written', async () => {
    const { failed, delivered } = await producing(driver, as('no-write'))
    expect(delivered).toEqual([])
    const remedy = expect.stringContaining('tidewater iam policy')
    for (const { error } of failed) expect(error).toMatchObject({ code: 'AUTHORIZATION_FAILED', remedy })
    expect(failed.reduce((sum, { count }) => sum + count, 0)).toBe(3)
    expect(await stage.denials(driver, 'no-write')).toEqual(lacking('WriteData'))
    expect(await countRecords(stage.stack.bootstrapBrokers, 'guarded')).toBe(0)
  })

  test('without WriteData no record is said to be written perhaps', async () => {
    const { failed } = await producing(driver, as('no-write'))
    for (const { error } of failed) expect(error.details.mayBeWritten ?? false).toBe(false)
  })

  test('without WriteDataIdempotently: AUTHORIZATION_FAILED', async () => {
    // One driver asks for a producer id when it connects, the other when it sends.
    const error = await producing(driver, as('no-idempotence')).then(
      ({ failed }) => failed[0]?.error,
      (thrown: unknown) => thrown,
    )
    expect(await stage.denials(driver, 'no-idempotence')).toEqual(lacking('WriteDataIdempotently'))
    expect(error).toMatchObject({ code: 'AUTHORIZATION_FAILED' })
  })

  test('without CreateTopic: AUTHORIZATION_FAILED', async () => {
    const admin = await driver.createAdmin(as('no-create'))
    const creation = admin.createTopic({ topic: 'never-made', partitions: 1, replicationFactor: 1 })
    expect(await rejection(creation)).toMatchObject({ code: 'AUTHORIZATION_FAILED' })
    expect(await admin.listTopics()).not.toContain('never-made')
    await admin.close()
    expect(await stage.denials(driver, 'no-create')).toEqual(lacking('CreateTopic'))
  })

  test('without ReadData: AUTHORIZATION_FAILED', async () => {
    const reading = consume(driver, as('no-read'), 'guarded', () => 1)
    expect(await rejection(reading)).toMatchObject({ code: 'AUTHORIZATION_FAILED' })
    expect(await stage.denials(driver, 'no-read')).toEqual(lacking('ReadData'))
  })

  test('without DescribeGroup and AlterGroup: AUTHORIZATION_FAILED', async () => {
    const reading = consume(driver, as('no-group'), 'guarded', () => 1)
    expect(await rejection(reading)).toMatchObject({ code: 'AUTHORIZATION_FAILED' })
    expect(await stage.denials(driver, 'no-group')).not.toEqual([])
  })
})

describe('whoever was refused does not come back', () => {
  // As long as a connection may take in the making, which is how long a client that was refused might go on.
  beforeAll(() => pause(connectTimeoutMs))

  test.each(drivers)('with $name, to authenticate', async (driver) => {
    for (const who of ['wrong-secret', 'wrong-region', 'no-connect'] as const)
      expect(await stage.denials(driver, who)).toHaveLength(1)
  })

  test.each(drivers)('with $name, for another handshake', ({ name }) => {
    const counts = doors.filter(({ driver }) => driver.name === name).map(({ proxy }) => proxy.connections)
    expect(counts).toHaveLength(2)
    // kafkajs knows no error of TLS that it would not try once more.
    for (const count of counts) expect(count).toBeLessThanOrEqual(2)
  })
})
