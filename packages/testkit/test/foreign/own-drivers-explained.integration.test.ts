// A broker says `Access denied` to everything; this project's drivers ask STS, and say what is wrong and what to do.
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { AwsCredentials, ErrorCode, KafkaConnection, KafkaDriver, TidewaterError } from '@tidewater/core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startAwsEndpoint, startContainerCredentials, stsService } from '../../src/aws/index.js'
import { onlyCredentialSource } from '../aws/endpoint-fixture.js'
import { ExplainedStage } from './explained-stage.js'
import { connectTimeoutMs, producerOptions, rejection } from './own-clients.js'
import { drivers } from './own-stage.js'
import { allow, clusterArn, everything, within } from './policies.js'

const users = {
  'wrong-secret': [everything],
  'wrong-region': [everything],
  'wrong-authority': [everything],
  'no-connect': [allow([['DescribeTopic', 'WriteData'], within('topic', '*')])],
}
type Who = keyof typeof users

let main: ExplainedStage<Who>
let behind: ExplainedStage<'good'>
beforeAll(async () => {
  main = await ExplainedStage.open(users, { clusterArn })
  // So this machine's clock is ten minutes behind. Ten behind would do: a token is valid for fifteen.
  behind = await ExplainedStage.open({ good: [everything] }, { clusterArn, clockOffsetSeconds: -600 })
})
afterAll(async () => {
  await main?.close()
  await behind?.close()
})

/** What a producer and an admin client say that are not let in. */
async function refused(driver: KafkaDriver, connection: KafkaConnection): Promise<TidewaterError[]> {
  return [
    await rejection(driver.createProducer(connection, producerOptions)),
    await rejection(driver.createAdmin(connection)),
  ]
}

interface Explanation {
  readonly code: ErrorCode
  readonly says: RegExp
  readonly remedy: RegExp
}

function expectExplained(error: TidewaterError, { code, says, remedy }: Explanation): void {
  expect(error).toMatchObject({ code, retryable: false })
  expect(error.message).toMatch(says)
  expect(error.remedy).toMatch(remedy)
}

// How every token begins: it is a URL in base64url.
const tokenStart = Buffer.from('https://kafka.').toString('base64url').slice(0, -1)

function expectNoSecret(error: TidewaterError, { secretAccessKey, sessionToken }: AwsCredentials): void {
  for (const text of [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error)])
    for (const secret of [secretAccessKey, sessionToken, tokenStart, 'X-Amz-Signature'])
      if (secret !== undefined) expect(text).not.toContain(secret)
}

interface Refusal extends Explanation {
  readonly what: string
  readonly credentials: (driver: KafkaDriver) => AwsCredentials | Promise<AwsCredentials>
  /** What the broker noted. */
  readonly reason: RegExp
}

const refusals: readonly Refusal[] = [
  {
    what: 'another secret',
    credentials: (driver) => ({
      ...main.stage.user(driver, 'wrong-secret'),
      secretAccessKey: 'not-the-secret-of-the-user',
    }),
    code: 'CREDENTIALS_INVALID',
    says: /Access denied.*STS does not accept.*signature/,
    remedy: /Correct the access key, the secret/,
    reason: /the signature does not match/,
  },
  {
    what: 'an access key of nobody',
    credentials: ({ name }) => ({
      accessKeyId: `AKIANOBODY${name.toUpperCase()}`,
      secretAccessKey: 'a-secret-that-belongs-to-nobody',
    }),
    code: 'CREDENTIALS_INVALID',
    says: /Access denied.*STS does not accept.*token included in the request is invalid/,
    remedy: /Correct the access key, the secret/,
    reason: /access key/,
  },
  {
    what: "another session's token",
    credentials: async ({ name }) => {
      const credentials = await main.session(name, 900)
      return { ...credentials, sessionToken: 'the-token-of-another-session' }
    },
    code: 'CREDENTIALS_INVALID',
    says: /Access denied.*STS does not accept/,
    remedy: /session token/,
    reason: /session token/,
  },
  {
    what: 'credentials whose end nobody told',
    credentials: async ({ name }) => {
      const { expiration, ...ended } = await main.session(name, 1)
      await vi.waitUntil(() => Date.now() > expiration.getTime(), { timeout: 10_000 })
      return ended
    },
    code: 'CREDENTIALS_EXPIRED',
    says: /Access denied.*expired/,
    remedy: /Get new credentials/,
    reason: /expired|ended/,
  },
  {
    what: 'a policy without Connect',
    credentials: (driver) => main.stage.user(driver, 'no-connect'),
    code: 'AUTHENTICATION_FAILED',
    says: /:user\/\S+-no-connect \(.*credentials are good.*kafka-cluster:Connect/,
    remedy: /tidewater iam policy/,
    reason: /no statement allows kafka-cluster:Connect/,
  },
]

describe.each(drivers)('the driver $name', (driver) => {
  test.each(refusals)('with $what: $code, tried once', async ({ credentials, reason, ...explanation }) => {
    const given = await credentials(driver)
    const asked = main.aws.requests().length
    for (const error of await refused(driver, main.connection(given))) {
      expectExplained(error, explanation)
      expectNoSecret(error, given)
    }
    const noted = expect.stringMatching(reason)
    expect(await main.refusals(given.accessKeyId)).toEqual([noted, noted])
    const calls = main.aws.requests().slice(asked)
    expect(calls.map(({ operation }) => operation)).toEqual(['GetCallerIdentity', 'GetCallerIdentity'])
  })

  test('in another region than the cluster: AUTHENTICATION_FAILED names it', async () => {
    const user = main.stage.user(driver, 'wrong-region')
    const region = 'eu-west-1'
    // STS is in every region, and the credentials are good in all of them.
    const sts = await startAwsEndpoint({
      region,
      identities: [{ ...user, secretAccessKey: user.secretAccessKey }],
      services: [stsService({ issue: main.aws.issue })],
    })
    try {
      for (const error of await refused(driver, main.connection(user, { region, stsEndpoint: sts.url }))) {
        expectExplained(error, {
          code: 'AUTHENTICATION_FAILED',
          says: /eu-west-1 is not the cluster's region, or no policy/,
          remedy: /Check the region/,
        })
        expectNoSecret(error, user)
      }
    } finally {
      await sts.close()
    }
    expect(await main.refusals(user.accessKeyId)).toHaveLength(2)
  })

  test('by a clock that is ten minutes ahead: CLOCK_SKEWED says so', async () => {
    const user = behind.stage.user(driver, 'good')
    for (const error of await refused(driver, behind.connection(user))) {
      expectExplained(error, {
        code: 'CLOCK_SKEWED',
        says: /Access denied.*10\.0 minutes ahead of/,
        remedy: /Set the clock/,
      })
      expectNoSecret(error, user)
    }
    expect(await behind.refusals(user.accessKeyId)).toHaveLength(2)
    expect(behind.aws.requests().filter(({ status }) => status === 200)).toEqual([])
  })

  test("with another broker's authority: TLS_UNTRUSTED, before any token is sent", async () => {
    const user = main.stage.user(driver, 'wrong-authority')
    const tls = { caFile: behind.stage.stack.iam.caFile }
    for (const error of await refused(driver, { ...main.connection(user), tls }))
      expectExplained(error, { code: 'TLS_UNTRUSTED', says: /certificate/, remedy: /tls\.caFile/ })
    expect(await main.stage.decisions(driver, 'wrong-authority')).toEqual([])
  })

  test('with a container that gives no credentials: CREDENTIALS_UNAVAILABLE, and the broker is not asked', async () => {
    const source = await startContainerCredentials({ issue: main.aws.issue, roleArn: 'unused' })
    onlyCredentialSource(source.env)
    source.failNext('disconnect', 1_000)
    const before = await main.stage.stack.iam.decisions()
    try {
      const connection = main.connection(undefined)
      for (const error of await refused(driver, connection)) {
        expect(error).toMatchObject({
          code: 'CREDENTIALS_UNAVAILABLE',
          remedy: expect.stringMatching(/container|credentials/),
        })
        expect(inspect(error, { depth: 20 })).not.toContain(source.env.AWS_CONTAINER_AUTHORIZATION_TOKEN)
      }
      // A producer and an admin client; kafkajs asks a source that is away once more, and administrates for native.
      const most = { native: 1 + 2, kafkajs: 2 + 2, confluent: 1 + 1 }[driver.name]
      expect(connection.auth?.credentialRefreshes).toBeLessThanOrEqual(most)
    } finally {
      await source.close()
    }
    expect(await main.stage.stack.iam.decisions()).toEqual(before)
  })

  test('with credentials about to end: let in with fresh ones', async () => {
    const given: string[] = []
    const connection = main.connection(async () => {
      // Before they are issued: of their 4 s the way to the broker needs what it can get.
      await pause(500)
      const { expiration: _, ...credentials } = await main.session(
        `${driver.name}-short`,
        given.length === 0 ? 4 : 900,
      )
      given.push(credentials.accessKeyId)
      return credentials
    })
    const producer = await driver.createProducer(connection, producerOptions)
    await producer.close()
    const [short = '', long = ''] = given
    const refusals = await main.refusals(short)
    expect(refusals).not.toEqual([])
    for (const reason of refusals) expect(reason).toMatch(/left of the credentials, less than 5 s/)
    expect(await main.refusals(long)).toEqual([])
  })
})

test('whoever was refused does not come back', async () => {
  const denied = async () =>
    (await main.stage.stack.iam.decisions()).filter(({ result }) => result === 'denied').length
  const before = await denied()
  // As long as a connection may take in the making.
  await pause(connectTimeoutMs)
  expect(await denied()).toBe(before)
})
