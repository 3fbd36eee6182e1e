import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalIamStack, type PolicyDocument, startLocal } from '../../src/index.js'
import { connect, iamClient, send } from '../iam-client.js'
import { countRecords, createTopic, readValues } from '../kafka-records.js'
import type { SigningCredentials } from '../presigned-token.js'

const clusterArn = 'arn:aws:kafka:us-east-1:123456789012:cluster/demo/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-2'
const within = (type: string, name: string) => clusterArn.replace(':cluster/', `:${type}/`).concat(`/${name}`)
const allow = (
  ...statements: readonly (readonly [actions: string[], resource: string])[]
): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements.map(([actions, resource]) => ({
    Effect: 'Allow',
    Action: actions.map((action) => `kafka-cluster:${action}`),
    Resource: resource,
  })),
})
const connectOnly = allow([['Connect'], clusterArn])
const writeNetflow = allow(
  [['Connect', 'WriteDataIdempotently'], clusterArn],
  [['DescribeTopic', 'WriteData'], within('topic', 'netflow')],
)

// The broker looks at its configuration every 200 ms; the time is there to end a test that hangs.
const eventually = { timeout: 60_000, interval: 50 }

describe('a stack with IAM', () => {
  let stack: LocalIamStack
  beforeAll(async () => {
    stack = await startLocal({
      iam: {
        clusterArn,
        users: [
          { name: 'admin', policies: [allow([['*'], '*'])] },
          { name: 'visitor', policies: [connectOnly] },
        ],
        roles: [{ name: 'writer', policies: [writeNetflow], sessionSeconds: 900 }],
      },
    })
    for (const topic of ['netflow', 'other']) await createTopic(stack.bootstrapBrokers, topic)
  })
  afterAll(() => stack.stop())

  const client = (credentials: SigningCredentials, now?: () => Date) => iamClient(stack.iam, credentials, now)

  test('its own user may write, and the plain listener still serves anybody', async () => {
    await send(client(stack.iam), 'other', ['a', 'b'])
    expect(await readValues(stack.bootstrapBrokers, 'other', 2)).toEqual(['a', 'b'])
    expect(stack.iam.bootstrapBrokers).toMatch(/^localhost:\d+$/)
    expect(stack.iam.clusterArn).toBe(clusterArn)
  })

  test('the certificate is for localhost and 127.0.0.1, and trusted by nobody who was not told', async () => {
    const ca = await readFile(stack.iam.caFile, 'utf8')
    for (const host of ['localhost', '127.0.0.1'])
      expect(await tlsAnswer({ host, port: stack.iam.port, ca })).toBe('authorized')
    expect(await tlsAnswer({ host: 'localhost', port: stack.iam.port })).toBe('SELF_SIGNED_CERT_IN_CHAIN')
  })

  test('who signs with another secret, or was never known, is refused as on MSK', async () => {
    const refused = /: \[[0-9a-f-]{36}\]: Access denied$/
    const { accessKeyId } = stack.iam
    await expect(connect(client({ accessKeyId, secretAccessKey: 'not the secret' }))).rejects.toThrow(refused)
    await expect(
      connect(client({ accessKeyId: 'AKIANOBODY', secretAccessKey: 'not the secret' })),
    ).rejects.toThrow(refused)
    const halfAnHourAgo = () => new Date(Date.now() - 1_800_000)
    await expect(connect(client(stack.iam, halfAnHourAgo))).rejects.toThrow(refused)
  })

  test('what was decided can be read, with its reason and without secrets', async () => {
    const visitor = stack.iam.user('visitor')
    await expect(send(client(visitor), 'netflow', ['x'])).rejects.toThrow(/authoriz/i)
    const decisions = await stack.iam.decisions()
    const ofVisitor = decisions.filter(({ principal }) => principal === visitor.arn)
    expect(ofVisitor).toContainEqual(
      expect.objectContaining({
        kind: 'authentication',
        mechanism: 'OAUTHBEARER',
        result: 'allowed',
        accessKeyId: visitor.accessKeyId,
        sessionSeconds: expect.any(Number),
      }),
    )
    expect(ofVisitor).toContainEqual(
      expect.objectContaining({
        kind: 'authorization',
        result: 'denied',
        action: 'kafka-cluster:DescribeTopic',
        resource: within('topic', 'netflow'),
        clientId: 'testkit-iam-test',
      }),
    )
    const { secretAccessKey } = stack.iam
    for (const secret of [secretAccessKey, visitor.secretAccessKey])
      expect(JSON.stringify(decisions)).not.toContain(secret)
  })

  test('a role gives credentials that work for what its policies allow, as they are at the moment', async () => {
    const credentials = await stack.iam.assumeRole('writer', { sessionName: 'one', durationSeconds: 60 })
    expect(credentials.arn).toBe('arn:aws:sts::123456789012:assumed-role/writer/one')
    expect(credentials.expiration.getTime()).toBeGreaterThan(Date.now() + 50_000)
    await expect.poll(() => attempt(connect(client(credentials))), eventually).toBe('done')
    await send(client(credentials), 'netflow', ['a', 'b', 'c'])
    expect(await countRecords(stack.bootstrapBrokers, 'netflow')).toBe(3)
    await expect(send(client(credentials), 'other', ['x'])).rejects.toThrow(/authoriz/i)

    await stack.iam.setPolicies('role/writer', [connectOnly])
    await expect
      .poll(() => attempt(send(client(credentials), 'netflow', ['x'])), eventually)
      .toMatch(/authoriz/i)
    const later = await stack.iam.assumeRole('writer', { sessionName: 'two' })
    await expect.poll(() => attempt(connect(client(later))), eventually).toBe('done')
    expect(await attempt(send(client(later), 'netflow', ['x']))).toMatch(/authoriz/i)
    await expect(stack.iam.assumeRole('nobody')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('temporary credentials without their session token are refused', async () => {
    const { accessKeyId, secretAccessKey } = await stack.iam.assumeRole('writer', { sessionName: 'three' })
    // Known to the broker by now: the refusal is about the token.
    await expect
      .poll(async () => {
        await attempt(connect(client({ accessKeyId, secretAccessKey })))
        return (await stack.iam.decisions()).filter((one) => one.accessKeyId === accessKeyId).at(-1)?.reason
      }, eventually)
      .toMatch(/session token/)
    expect(await attempt(connect(client({ accessKeyId, secretAccessKey })))).toContain('Access denied')
  })

  test('a user that is added may connect, and no longer once the key is revoked', async () => {
    const user = await stack.iam.addUser({ name: 'for-a-while', policies: [connectOnly] })
    await expect.poll(() => attempt(connect(client(user))), eventually).toBe('done')
    await stack.iam.revoke(user.accessKeyId)
    await expect.poll(() => attempt(connect(client(user))), eventually).toContain('Access denied')
    await expect(stack.iam.addUser({ name: 'visitor', policies: [] })).rejects.toThrow('already')
  })

  test('changes that are made at once are all there', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `crowd-${index}`)
    await Promise.all(names.map((name) => stack.iam.addUser({ name, policies: [connectOnly] })))
    await expect.poll(() => attempt(connect(client(stack.iam.user('crowd-19')))), eventually).toBe('done')
    expect(await attempt(connect(client(stack.iam.user('crowd-0'))))).toBe('done')
  })

  test('a broker that crashed comes back with its identities', async () => {
    const user = await stack.iam.addUser({ name: 'survivor', policies: [connectOnly] })
    await stack.broker.kill()
    await stack.broker.start()
    await connect(client(user))
    await connect(client(stack.iam))
    await expect(connect(client({ ...user, secretAccessKey: 'not the secret' }))).rejects.toThrow(
      'Access denied',
    )
  })

  test('secrets lie in files of their owner alone, and show in no inspection', async () => {
    const folder = join(stack.stateFolder, 'iam')
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    const files = [
      ...(await readdir(folder, { recursive: true })).map((name) => join(folder, name)),
      join(stack.stateFolder, 'broker', 'server.properties'),
    ]
    const modes = await Promise.all(
      files.map(async (file) => {
        const { mode } = await stat(file)
        return [file.slice(stack.stateFolder.length), (mode & 0o077).toString(8)] as const
      }),
    )
    expect(modes.filter(([, others]) => others !== '0')).toEqual([])
    expect(modes.map(([file]) => file).sort()).toEqual([
      '/broker/server.properties',
      '/iam/certificates',
      '/iam/certificates/broker.p12',
      '/iam/certificates/ca.pem',
      '/iam/certificates/key-store-password',
      '/iam/certificates/trust.jks',
      '/iam/credentials',
      '/iam/decisions.jsonl',
      '/iam/iam.json',
    ])
    const { secretAccessKey } = stack.iam
    expect(inspect(stack, { depth: 9 })).not.toContain(secretAccessKey)
    const keyStorePassword = await readFile(join(folder, 'certificates', 'key-store-password'), 'utf8')
    for (const file of [join(stack.stateFolder, 'stack.json'), stack.broker.logFile]) {
      const text = await readFile(file, 'utf8')
      for (const secret of [secretAccessKey, keyStorePassword]) expect(text).not.toContain(secret)
    }
    expect(await readFile(stack.iam.credentialsFile, 'utf8')).toContain(secretAccessKey)
  })

  test('after the stop nothing can be changed any more', async () => {
    await stack.stop()
    await expect(stack.iam.addUser({ name: 'too-late', policies: [] })).rejects.toMatchObject({
      code: 'STACK_NOT_RUNNING',
    })
  })
})

test('a stack without IAM has neither plugin, certificates nor configuration of it', async () => {
  const steps = new Set<string>()
  await using stack = await startLocal({ brokerHeapMb: 256, onProgress: (_, { step }) => steps.add(step) })
  expect(stack.iam).toBeUndefined()
  expect([...steps].filter((step) => step !== 'kafka')).toEqual(['broker'])
  expect(await readdir(stack.stateFolder)).not.toContain('iam')
})

/** `done`, or what the failure said. */
function attempt(work: Promise<void>): Promise<string> {
  return work.then(
    () => 'done',
    (thrown: Error) => thrown.message,
  )
}

function tlsAnswer(options: { host: string; port: number; ca?: string }): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls(options, () => {
      resolve(socket.authorized ? 'authorized' : String(socket.authorizationError))
      socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}
