import { execFileSync } from 'node:child_process'
import { TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import { failedEventIn, failureOf } from '../../src/run/failure.js'
import { identityOf, identityOfLabel, labelOf, runIdOf } from '../../src/run/identity.js'
import type { JobState, TargetRun } from '../../src/run/port.js'
import { parseProgress } from '../../src/run/progress.js'
import { shortNameOf, shortNamePrefix } from '../../src/run/run-tags.js'
import { documentLocationIn, quoted, sparkSubmitArguments } from '../../src/run/spark-submit.js'
import { planSubmission, refuseConflict } from '../../src/run/submission-plan.js'
import { beforeTheFirstAnswer, isPassing, observe } from '../../src/run/wait-plan.js'

const content = { document: { b: 1, a: { d: 2, c: [1] } }, artifactHash: 'h', sparkConf: { x: '1' } }
const identity = identityOf('clicks', 'streaming', content)

describe('identity', () => {
  it('is the same for the same content in any order, and another for any other', () => {
    const reordered = { ...content, document: { a: { c: [1], d: 2 }, b: 1 } }
    expect(identityOf('clicks', 'streaming', reordered)).toEqual(identity)
    for (const other of [
      { ...content, artifactHash: 'i' },
      { ...content, sparkConf: { x: '2' } },
      { ...content, document: { ...content.document, b: 2 } },
    ])
      expect(identityOf('clicks', 'streaming', other).hash).not.toBe(identity.hash)
  })

  it('goes through a label and back, also for names with dots', () => {
    const dotted = { ...identity, job: 'web.clicks-2', kind: 'maintenance' as const }
    expect(labelOf(dotted)).toBe(`tidewater:web.clicks-2:maintenance:${identity.hash}`)
    expect(identityOfLabel(labelOf(dotted))).toEqual(dotted)
    for (const label of ['Setup', 'tidewater:a:other:0123456789ab', 'tidewater:a:streaming:01'])
      expect(identityOfLabel(label)).toBeUndefined()
  })

  it('names runs alike for those who saw the same last run', () => {
    expect(runIdOf(identity, 'run-7')).toBe(runIdOf(identity, 'run-7'))
    expect(runIdOf(identity, 'run-7')).not.toBe(runIdOf(identity, 'run-8'))
    expect(runIdOf(identity, 'run-7')).toMatch(/^[A-Za-z0-9_.-]{1,64}$/)
  })

  it('fits the names of EMR on EKS, each job with its own', () => {
    const long = 'x'.repeat(128)
    for (const job of ['a', 'y'.repeat(28), 'y'.repeat(29), long]) {
      const name = shortNameOf({ job, kind: 'maintenance', hash: identity.hash })
      expect(name).toMatch(/^[.\-_/#A-Za-z0-9]{1,64}$/)
      expect(name.startsWith(shortNamePrefix(job))).toBe(true)
    }
    expect(shortNamePrefix(long)).not.toBe(shortNamePrefix(`${long.slice(1)}y`))
    expect(shortNameOf({ ...identity, job: 'ab' }).startsWith(shortNamePrefix('a'))).toBe(false)
  })
})

describe('planSubmission', () => {
  const run = (state: JobState, change: Partial<TargetRun['identity']> = {}): TargetRun => ({
    id: `run-${state}`,
    identity: { ...identity, ...change },
    status: { state, serviceState: state.toUpperCase() },
    documentLocation: '/d',
  })

  it.each<[string, TargetRun[], string]>([
    ['nothing is there', [], 'start'],
    ['it has ended', [run('failed'), run('succeeded')], 'start'],
    ['it runs', [run('running')], 'attach'],
    ['it is about to run', [run('pending'), run('failed')], 'attach'],
    ['it is ending', [run('ending')], 'refuse'],
    ['another version runs', [run('running', { hash: '0'.repeat(12) })], 'refuse'],
    ['its backfill runs', [run('running', { kind: 'backfill' })], 'refuse'],
    ['maintenance of the same name runs', [run('running', { kind: 'maintenance' })], 'start'],
  ])('when %s', (_, runs, action) => {
    expect(planSubmission(identity, runs).action).toBe(action)
  })

  it('says of a refusal whether waiting helps', () => {
    const refusal = (state: JobState) => {
      const plan = planSubmission(identity, [run(state, { hash: '0'.repeat(12) })])
      if (plan.action !== 'refuse') throw new Error('not refused')
      return () => refuseConflict(identity, plan)
    }
    expect(refusal('ending')).toThrowError(expect.objectContaining({ code: 'JOB_CONFLICT', retryable: true }))
    expect(refusal('running')).toThrowError(
      expect.objectContaining({ retryable: false, message: expect.stringContaining('RUNNING') }),
    )
  })
})

describe('observe', () => {
  const throttled = new TidewaterError('AWS_THROTTLED', 'slow down', { retryable: true })
  const unresolved = new TidewaterError('AWS_REQUEST_FAILED', 'no such host', {
    cause: Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }),
  })
  const running = { type: 'status', status: { state: 'running', serviceState: 'RUNNING' } } as const
  const answered = observe(beforeTheFirstAnswer, running)[0]

  it('asks on through what may pass, and gives up on what can not', () => {
    const verdict = (memory: typeof answered, error: TidewaterError) =>
      observe(memory, { type: 'trouble', error })[1].verdict
    expect(verdict(beforeTheFirstAnswer, throttled)).toBe('ask-again')
    expect(verdict(beforeTheFirstAnswer, unresolved)).toBe('give-up')
    expect(verdict(answered, unresolved)).toBe('ask-again')
    expect(isPassing(new TidewaterError('AUTHORIZATION_FAILED', 'no'), true)).toBe(false)
  })

  it.each(['succeeded', 'failed', 'cancelled', 'interrupted'] as const)('ends with %s', (state) => {
    const status = { state, serviceState: 'X' }
    expect(observe(answered, { type: 'status', status })[1]).toEqual({ verdict: 'ended', status })
  })

  it('gives a list time to show what was just submitted', () => {
    let memory = beforeTheFirstAnswer
    const verdicts = Array.from({ length: 5 }, () => {
      const [next, { verdict }] = observe(memory, { type: 'missing' })
      memory = next
      return verdict
    })
    expect(verdicts).toEqual(['ask-again', 'ask-again', 'ask-again', 'ask-again', 'gone'])
    expect(observe(observe(memory, running)[0], { type: 'missing' })[1].verdict).toBe('ask-again')
  })
})

describe('spark-submit', () => {
  it('gets settings in order, the archive, the program and its document', () => {
    const args = sparkSubmitArguments(
      {
        identity,
        runId: 'r',
        program: 's3://b/p.py',
        archive: 's3://b/a.zip',
        arguments: ['--job', 's3://b/j.json'],
        sparkConf: { 'spark.b': '2', 'spark.a': '1' },
      },
      'cluster',
    )
    expect(args.join(' ')).toBe(
      'spark-submit --deploy-mode cluster --conf spark.a=1 --conf spark.b=2 --py-files s3://b/a.zip s3://b/p.py --job s3://b/j.json',
    )
    expect(documentLocationIn(args)).toBe('s3://b/j.json')
    expect(documentLocationIn(['hadoop', 'jar'])).toBeUndefined()
  })

  it.each(['plain', 'two words', "it's", 'a"b', '$HOME `x` \\', "'", 'spark.x=-Da=b -Dc=d', 'é'])(
    'quotes %s as a shell reads it',
    (word) => {
      const shell = execFileSync('/bin/sh', ['-c', `printf %s ${quoted(word)}`])
      expect(shell.toString()).toBe(word)
    },
  )
})

describe('failureOf', () => {
  const run = {
    job: 'clicks',
    id: 's-1',
    place: 'cluster j-1',
    status: { state: 'failed', serviceState: 'FAILED', reason: 'Unknown Error.' },
    explanation: undefined,
    said: undefined,
    stderr: { text: 'one\ntwo\n', location: 's3://logs/stderr.gz' },
    stdout: { text: '{"event":"started"}\nthree\n', location: 's3://logs/stdout.gz' },
  } as const

  it("takes the job's word first, and adds the log", () => {
    const said = failedEventIn(
      'noise\n{"event":"started"}\n{"event":"failed","code":"topic-not-found","message":"no topic t","remedy":"Create it."}\n{"event":"fai',
    )
    if (said === undefined) throw new Error('no event')
    expect(failureOf({ ...run, said })).toMatchObject({
      code: 'TOPIC_NOT_FOUND',
      message: 'no topic t',
      remedy: 'Create it.',
      details: {
        reason: 'Unknown Error.',
        stderrTail: 'one\ntwo',
        logFile: 's3://logs/stderr.gz',
        id: 's-1',
      },
    })
    expect(failureOf(run)).toMatchObject({
      code: 'JOB_FAILED',
      message: expect.stringMatching(
        /clicks \(s-1 on cluster j-1\) failed: Unknown Error\.[\s\S]*one\ntwo[\s\S]*with:\nthree$/,
      ),
    })
  })

  it.each([
    ['exit code 1', "ModuleNotFoundError: No module named 'pyspark'", 'PySpark'],
    [
      'Unknown Error.',
      'java.io.IOException: Cannot run program "spark-submit" (in directory ".")',
      'spark-submit',
    ],
    ['exit code 127', '/bin/sh: 1: /nowhere/python: not found', 'Python that can be started'],
  ])('says that the place has no Spark: %s, %s', (reason, text, absent) => {
    const status = { state: 'failed', serviceState: 'FAILED', reason } as const
    expect(
      failureOf({ ...run, status, stderr: { text, location: 'stderr' }, stdout: undefined }),
    ).toMatchObject({
      code: 'PREREQUISITE_MISSING',
      message: `Job clicks (s-1 on cluster j-1) could not start: cluster j-1 has no ${absent}`,
      remedy: expect.stringContaining('Spark'),
      details: { reason, stderrTail: text },
    })
  })

  it('says why a run was interrupted', () => {
    const status = { state: 'interrupted', serviceState: 'INTERRUPTED' } as const
    const explanation = 'cluster j-1 is TERMINATED (USER_REQUEST)'
    expect(failureOf({ ...run, status, explanation })).toMatchObject({
      code: 'JOB_INTERRUPTED',
      retryable: true,
      message: expect.stringContaining('was interrupted: cluster j-1 is TERMINATED'),
    })
  })
})

describe('parseProgress', () => {
  it.each(['', '{', '{"version":2}', '[]'])('refuses %j', (text) => {
    expect(() => parseProgress(text)).toThrowError(expect.objectContaining({ code: 'JOB_FAILED' }))
  })
})
