import * as sdk from '@aws-sdk/client-emr'
import { describe, expect, it } from 'vitest'
import { stepTarget } from '../../src/run/targets/ec2-step.js'
import { driverLogOf } from '../../src/run/targets/ec2-step-answers.js'
import { label, scriptedClient, serviceError, storeOfLogs, submission } from './scripted-client.js'

const clusterId = 'j-2AXXXXXXGAPLF'
const document = submission.arguments[1]

function step(id: string, State: string, change: object = {}) {
  return {
    Id: id,
    Name: label,
    Config: { Args: ['spark-submit', 'p.py', '--job', document] },
    Status: { State, Timeline: { CreationDateTime: new Date(1_000) } },
    ...change,
  }
}

function targetOver(answers: Parameters<typeof scriptedClient>[0], store = storeOfLogs({})) {
  const scripted = scriptedClient(answers)
  return { ...scripted, target: stepTarget(sdk, scripted.client, { clusterId, store }) }
}

describe('a step', () => {
  it('is added as spark-submit in cluster mode, under the name of its identity', async () => {
    const { target, calls } = targetOver({ AddJobFlowSteps: () => ({ StepIds: ['s-1'] }) })
    expect(await target.submit(submission)).toBe('s-1')
    expect(calls[0]?.input).toEqual({
      JobFlowId: clusterId,
      Steps: [
        {
          Name: label,
          ActionOnFailure: 'CONTINUE',
          HadoopJarStep: {
            Jar: 'command-runner.jar',
            Args: [
              'spark-submit',
              '--deploy-mode',
              'cluster',
              '--conf',
              'spark.driver.extraJavaOptions=-Da=b -Dc=d',
              '--conf',
              'spark.executor.memory=4g',
              '--py-files',
              submission.archive,
              submission.program,
              '--job',
              document,
            ],
          },
        },
      ],
    })
  })

  it('is not added twice when the answer was lost', async () => {
    let added = false
    const { target, calls } = targetOver({
      AddJobFlowSteps: () => {
        added = true
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
      },
      ListSteps: () => ({ Steps: added ? [step('s-9', 'PENDING')] : [] }),
    })
    expect(await target.submit(submission)).toBe('s-9')
    expect(calls.filter(({ operation }) => operation === 'AddJobFlowSteps')).toHaveLength(1)
  })

  it('is refused before it is sent when its arguments are too long', async () => {
    const { target, calls } = targetOver({})
    const long = { ...submission, sparkConf: { x: 'y'.repeat(10_240) } }
    await expect(target.submit(long)).rejects.toMatchObject({
      code: 'JOB_INVALID',
      details: { limit: 10_240 },
    })
    expect(calls).toEqual([])
  })

  it.each([
    [
      'ValidationException',
      'A job flow that is shutting down, terminated, or finished may not be modified.',
      'CLUSTER_FAILED',
    ],
    ['InvalidRequestException', `Cluster id '${clusterId}' is not valid.`, 'CLUSTER_NOT_FOUND'],
  ])('says what %s means: %s', async (name, message, code) => {
    const refuse = () => {
      throw serviceError(name, message)
    }
    const { target } = targetOver({ AddJobFlowSteps: refuse, DescribeStep: refuse })
    await expect(target.submit(submission)).rejects.toMatchObject({ code, retryable: false })
    await expect(target.describe('s-1')).rejects.toMatchObject({ code })
  })

  it('is found among the newest of all and the unended of every page, once', async () => {
    const { target, calls } = targetOver({
      ListSteps: ({ StepStates, Marker }) => {
        if (StepStates === undefined)
          return { Steps: [step('s-3', 'COMPLETED'), step('s-2', 'RUNNING')], Marker: 'm' }
        return Marker === undefined
          ? { Steps: [step('s-2', 'RUNNING'), step('x', 'RUNNING', { Name: 'Setup' })], Marker: 'm2' }
          : { Steps: [step('s-1', 'PENDING')] }
      },
    })
    const runs = await target.find('clicks')
    expect(runs.map(({ id, status }) => [id, status.state])).toEqual([
      ['s-3', 'succeeded'],
      ['s-2', 'running'],
      ['s-1', 'pending'],
    ])
    expect(runs[0]).toMatchObject({ documentLocation: document, status: { submittedAtMs: 1_000 } })
    expect(await target.find('other')).toEqual([])
    expect(calls.slice(0, 3).map(({ input }) => input.Marker)).toEqual([undefined, undefined, 'm2'])
  })

  it('has its state asked for with nine others at a time', async () => {
    const { target, calls } = targetOver({
      ListSteps: ({ StepIds }) => ({
        Steps: (StepIds as string[]).filter((id) => id !== 's-3').map((id) => step(id, 'RUNNING')),
      }),
    })
    const ids = Array.from({ length: 23 }, (_, number) => `s-${number}`)
    const statuses = await target.statuses(ids)
    expect(statuses.size).toBe(22)
    expect(statuses.has('s-3')).toBe(false)
    expect(calls.map(({ input }) => (input.StepIds as string[]).length)).toEqual([10, 10, 3])
  })

  it.each([
    ['PENDING', 'pending'],
    ['CANCEL_PENDING', 'ending'],
    ['RUNNING', 'running'],
    ['COMPLETED', 'succeeded'],
    ['CANCELLED', 'cancelled'],
    ['FAILED', 'failed'],
    ['INTERRUPTED', 'interrupted'],
    ['SOMETHING_NEW', 'running'],
  ])('in %s is %s', async (State, state) => {
    const { target } = targetOver({ ListSteps: () => ({ Steps: [step('s-1', State)] }) })
    expect((await target.statuses(['s-1'])).get('s-1')).toMatchObject({ state, serviceState: State })
  })

  it('that failed says why, and why its cluster ended', async () => {
    const FailureDetails = {
      Reason: 'Unknown Error.',
      Message: 'Exception in thread "main"',
      LogFile: 's3://logs/j/steps/s-1/stderr.gz',
    }
    const { target } = targetOver({
      ListSteps: () => ({
        Steps: [step('s-1', 'INTERRUPTED', { Status: { State: 'INTERRUPTED', FailureDetails } })],
      }),
      DescribeCluster: () => ({
        Cluster: {
          Status: { State: 'TERMINATED', StateChangeReason: { Code: 'USER_REQUEST', Message: 'by user' } },
        },
      }),
    })
    const status = (await target.statuses(['s-1'])).get('s-1')
    expect(status).toMatchObject({
      reason: 'Unknown Error.: Exception in thread "main"',
      logFile: FailureDetails.LogFile,
    })
    expect(status && (await target.explain?.('s-1', status))).toBe(
      `cluster ${clusterId} is TERMINATED (USER_REQUEST: by user)`,
    )
  })
})

describe("a step's log", () => {
  const folder = `s3://logs/root/${clusterId}`
  const app = 'application_1700000000000_0007'
  const container = (attempt: number, name: string) =>
    `${folder}/containers/${app}/container_1700000000000_0007_0${attempt}_000001/${name}`
  const withLogs = (logs: Record<string, string>, cut = 0) =>
    targetOver(
      { DescribeCluster: () => ({ Cluster: { LogUri: 's3://logs/root/' } }) },
      storeOfLogs(logs, cut),
    )

  it('is its own when the driver ran in it, under either name', async () => {
    const { target, calls } = withLogs({ [`${folder}/steps/s-1/stderr.txt.gz`]: 'oops' })
    expect(await target.log('s-1', 'stderr')).toEqual({
      location: `${folder}/steps/s-1/stderr.txt.gz`,
      text: 'oops',
    })
    expect(await target.log('s-1', 'stdout')).toBeUndefined()
    expect(calls).toHaveLength(1)
  })

  it("is the driver's container's in cluster mode, of the last attempt", async () => {
    const { target } = withLogs({
      [`${folder}/steps/s-1/stderr.gz`]: `INFO Client: Submitted application ${app}\n`,
      [container(1, 'stderr.gz')]: 'first attempt',
      [container(2, 'stderr.txt.gz')]: 'second attempt',
      [container(2, 'stdout.gz')]: 'events',
      [container(2, 'stderr.gz').replace('000001', '000002')]: 'an executor',
    })
    expect((await target.log('s-1', 'stderr'))?.text).toBe('second attempt')
    expect((await target.log('s-1', 'stdout'))?.text).toBe('events')
  })

  it('is read as far as it goes while it is still written', async () => {
    const lines = Array.from({ length: 20_000 }, (_, number) => `line ${number} ${Math.sin(number)}`).join(
      '\n',
    )
    const { target } = withLogs({ [`${folder}/steps/s-1/stderr.gz`]: lines }, 2_000)
    const text = (await target.log('s-1', 'stderr'))?.text ?? ''
    expect(text.length).toBe(65_536)
    expect(lines).toContain(text)
  })

  it('knows containers of a resource manager that was started again', () => {
    const of = (name: string) => `s3://l/containers/${app}/${name}/stderr.gz`
    expect(driverLogOf([of('container_e02_17_0007_01_000001'), of('x')], 'stderr')).toBe(
      of('container_e02_17_0007_01_000001'),
    )
    expect(driverLogOf([of('container_17_0007_01_000002')], 'stderr')).toBeUndefined()
  })
})
