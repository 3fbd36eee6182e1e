// Clients that were not made here, against the local broker: they prove that it speaks MSK's protocol and not this
// project's idea of it. Each way to be wrong is tried with them too, and looked at from both sides.
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Decision, TemporaryCredentials, UserCredentials } from '../../src/index.js'
import { readValues } from '../kafka-records.js'
import { ForeignStage } from './foreign-stage.js'
import { clientProperties, type ToolAnswer } from './java-tools.js'
import { clusterArn, everything } from './policies.js'
import type { PythonOutcome } from './python-producers.js'
import { accessDenied, javaCases, noStatement, pythonCases, users } from './wrong-clients.js'

const firstPreparationMs = 600_000
const soakSeconds = 50
let stage: ForeignStage
let expired: TemporaryCredentials
let soak: Promise<{ readonly java: ToolAnswer; readonly python: ReadonlyMap<string, PythonOutcome> }>

beforeAll(async () => {
  stage = await ForeignStage.open({
    clusterArn,
    // Short enough that the soak has to authenticate again; all else ends before.
    sessionSeconds: 20,
    logAllowedAuthorizations: false,
    users: Object.entries(users).map(([name, policy]) => ({ name, policies: [policy] })),
    roles: [{ name: 'app', policies: [everything] }],
  })
  expired = await stage.iam.assumeRole('app', { sessionName: 'expired', durationSeconds: 1 })
  for (const topic of ['guarded', 'python', 'soak-java', 'soak-python']) await stage.createTopic(topic)
  soak = startSoak()
  // Its own test awaits it; a failure before that is not unhandled.
  soak.catch(() => {})
}, firstPreparationMs)

afterAll(async () => {
  await soak?.catch(() => {})
  await stage?.close()
})

/** Both kinds of client produce 0, 1, 2, … one after the other, beside all other tests. */
async function startSoak() {
  const { iam } = stage
  const lines = async function* () {
    const endsAtMs = performance.now() + soakSeconds * 1_000
    for (let index = 0; performance.now() < endsAtMs; index++) {
      yield `${index}\n`
      await pause(20)
    }
  }
  const [java, python] = await Promise.all([
    stage.java('consoleProducer', iam.user('soak-java'), ['--topic', 'soak-java'], {
      stdin: Readable.from(lines()),
    }),
    stage.python([
      stage.pythonAttempt('soak-python', iam.user('soak-python'), {
        topic: 'soak-python',
        seconds: soakSeconds,
      }),
    ]),
  ])
  return { java, python }
}

const upTo = (end: number) => Array.from({ length: end }, (_, index) => String(index))
const linesOf = (values: readonly string[]) => Readable.from(values.map((value) => `${value}\n`))
const creationOf = (topic: string) => ['--create', '--topic', topic, '--partitions', '1']

async function expectAllowed(who: UserCredentials, mechanism: Decision['mechanism']): Promise<void> {
  expect(await stage.denials(who)).toEqual([])
  const entry = { kind: 'authentication', result: 'allowed', mechanism, principal: who.arn }
  expect(await stage.decisionsAbout(who)).toContainEqual(expect.objectContaining(entry))
}

/** At least one refusal, and none for another reason. */
async function expectDenied(who: UserCredentials, expected: object): Promise<void> {
  const denials = await stage.denials(who)
  expect(denials).not.toEqual([])
  for (const decision of denials) expect(decision).toMatchObject(expected)
}

describe('foreign clients get in with the configuration that AWS tells people to write', () => {
  test("Java's kafka-topics, kafka-console-producer and kafka-console-consumer: AWS_MSK_IAM", async () => {
    const java = stage.iam.user('java')
    const created = await stage.java('topics', java, creationOf('java'))
    expect(created).toMatchObject({ exitCode: 0, stdout: 'Created topic java.\n' })
    const produced = await stage.java('consoleProducer', java, ['--topic', 'java'], {
      stdin: linesOf(upTo(500)),
    })
    expect(produced).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await stage.count('java')).toBe(500)
    const consumption = ['--topic', 'java', '--from-beginning', '--group', 'java', '--max-messages', '500']
    const consumed = await stage.java('consoleConsumer', java, consumption)
    expect(consumed.stdout.trimEnd().split('\n')).toEqual(upTo(500))
    await expectAllowed(java, 'AWS_MSK_IAM')
  })

  test("Java's kafka-topics: OAUTHBEARER", async () => {
    const user = stage.iam.user('java-oauth')
    const listed = await stage.java('topics', user, ['--list'], {
      properties: clientProperties.oauthBearer,
    })
    expect(listed.exitCode).toBe(0)
    expect(listed.stdout.split('\n')).toContain('guarded')
    await expectAllowed(user, 'OAUTHBEARER')
  })

  test("Python's confluent-kafka with AWS's signer, as a user and as a role", async () => {
    const user = stage.iam.user('python')
    const role = await stage.iam.assumeRole('app', { sessionName: 'python' })
    const outcomes = await stage.python([
      stage.pythonAttempt('as-user', user, { topic: 'python', records: 1_000 }),
      stage.pythonAttempt('as-role', role, { topic: 'python', records: 1_000 }),
    ])
    for (const name of ['as-user', 'as-role'])
      expect(outcomes.get(name)).toMatchObject({ produced: 1_000, delivered: 1_000, failures: [] })
    expect(await stage.count('python')).toBe(2_000)
    await expectAllowed(user, 'OAUTHBEARER')
    await expectAllowed(role, 'OAUTHBEARER')
  })
})

describe('foreign Java clients that are wrong are refused, and the broker knows why', () => {
  test.each(javaCases)('kafka-topics as $who', async ({ who, call, said, denied }) => {
    const user = stage.iam.user(who)
    const topic = `by-${who}`
    const answer = await stage.java('topics', user, creationOf(topic), call)
    expect(answer.exitCode).not.toBe(0)
    expect(`${answer.stdout}${answer.stderr}`).toMatch(said)
    await expectDenied(user, denied)
    expect(await stage.admin.listTopics()).not.toContain(topic)
  })

  test('kafka-topics with the session token of somebody else, and with credentials past their end', async () => {
    const role = await stage.iam.assumeRole('app', { sessionName: 'java' })
    const other = await stage.iam.assumeRole('app', { sessionName: 'other' })
    const change = { AWS_SESSION_TOKEN: other.sessionToken }
    const altered = await stage.java('topics', role, ['--list'], { change })
    expect(altered.stderr).toMatch(accessDenied)
    await expectDenied(role, {
      kind: 'authentication',
      reason: expect.stringContaining('the session token is not that of the access key'),
    })
    await untilExpired()
    const past = await stage.java('topics', expired, ['--list'])
    expect(past.stderr).toMatch(accessDenied)
    await expectDenied(expired, {
      kind: 'authentication',
      reason: expect.stringMatching(/^the credentials expired/),
    })
    for (const { exitCode, stdout } of [altered, past]) {
      expect(exitCode).not.toBe(0)
      expect(stdout).not.toContain('guarded')
    }
  })

  test('kafka-topics without the trust store: TLS ends before the broker learns who it is', async () => {
    const user = stage.iam.user('java-no-trust')
    const answer = await stage.java('topics', user, creationOf('by-nobody'), { trustStoreFile: undefined })
    expect(answer.exitCode).not.toBe(0)
    expect(answer.stderr).toMatch(/SslAuthenticationException|PKIX path building failed/)
    expect(await stage.decisionsAbout(user)).toEqual([])
    expect(await stage.admin.listTopics()).not.toContain('by-nobody')
  })

  test('kafka-console-producer without WriteData', async () => {
    const user = stage.iam.user('java-no-write')
    const stdin = linesOf(upTo(10))
    const answer = await stage.java('consoleProducer', user, ['--topic', 'guarded'], { stdin })
    expect(answer.stderr).toMatch(/TopicAuthorizationException.*\[guarded\]/)
    await expectDenied(user, { kind: 'authorization', reason: noStatement('WriteData') })
    expect(await stage.count('guarded')).toBe(0)
  })

  test('kafka-console-consumer without ReadData', async () => {
    const user = stage.iam.user('java-no-read')
    const consumption = ['--topic', 'python', '--from-beginning', '--group', 'none', '--timeout-ms', '20000']
    const answer = await stage.java('consoleConsumer', user, consumption)
    expect(answer.stderr).toMatch(/TopicAuthorizationException.*\[python\]/)
    expect(answer.stdout).toBe('')
    await expectDenied(user, { kind: 'authorization', reason: noStatement('ReadData') })
  })
})

describe('foreign Python clients that are wrong are refused, and the broker knows why', () => {
  const messageTimeoutMs = 4_000
  let outcomes: ReadonlyMap<string, PythonOutcome>
  let role: TemporaryCredentials
  beforeAll(async () => {
    const { iam } = stage
    role = await iam.assumeRole('app', { sessionName: 'python-altered' })
    const altered = { AWS_SESSION_TOKEN: `${role.sessionToken.slice(0, -1)}~` }
    await untilExpired()
    const common = { records: 10, messageTimeoutMs }
    outcomes = await stage.python([
      ...pythonCases.map(({ who, wrong }) =>
        stage.pythonAttempt(who, iam.user(who), { ...common, ...wrong }),
      ),
      stage.pythonAttempt('python-altered', role, { ...common, env: altered }),
      stage.pythonAttempt('python-expired', expired, common),
    ])
  })

  test.each(pythonCases)('as $who', async ({ who, said, denied }) => {
    expectRefused(who, said)
    const user = stage.iam.user(who)
    if (denied === undefined) expect(await stage.decisionsAbout(user)).toEqual([])
    else await expectDenied(user, denied)
    expect(await stage.count('guarded')).toBe(0)
  })

  test('with a session token that was altered, and with credentials past their end', async () => {
    expectRefused('python-altered', accessDenied)
    await expectDenied(role, {
      kind: 'authentication',
      reason: expect.stringContaining('the session token is not that of the access key'),
    })
    expectRefused('python-expired', accessDenied)
    await expectDenied(expired, {
      kind: 'authentication',
      reason: expect.stringMatching(/^the credentials expired/),
    })
    expect(await stage.count('guarded')).toBe(0)
  })

  function expectRefused(name: string, said: RegExp): void {
    const outcome = outcomes.get(name)
    expect(outcome).toMatchObject({ name, delivered: 0 })
    expect([...(outcome?.errors ?? []), ...(outcome?.failures ?? [])].join('\n')).toMatch(said)
  }
})

test(`${soakSeconds} s in sessions of 20 s: both authenticate again, nothing is lost, doubled or moved`, async () => {
  const { java, python } = await soak
  expect(java).toMatchObject({ exitCode: 0, stderr: '' })
  const outcome = python.get('soak-python')
  expect(outcome?.produced).toBeGreaterThan(100)
  expect(outcome).toMatchObject({ delivered: outcome?.produced, failures: [] })
  for (const who of ['soak-java', 'soak-python']) {
    const user = stage.iam.user(who)
    const written = await stage.count(who)
    expect(await readValues(stage.stack.bootstrapBrokers, who, written)).toEqual(upTo(written))
    const again = (await stage.decisionsAbout(user)).filter(({ kind }) => kind === 'reauthentication')
    expect(again.length).toBeGreaterThanOrEqual(2)
    expect(await stage.denials(user)).toEqual([])
  }
  expect(await stage.count('soak-python')).toBe(outcome?.produced)
})

/** The broker goes by this machine's clock, too. */
async function untilExpired(): Promise<void> {
  await pause(Math.max(0, expired.expiration.getTime() - Date.now()) + 1)
}
