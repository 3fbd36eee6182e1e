import * as containers from '@aws-sdk/client-emr-containers'
import * as serverless from '@aws-sdk/client-emr-serverless'
import { describe, expect, it } from 'vitest'
import { shortNameOf, tagsOf } from '../../src/run/run-tags.js'
import { eksRuns } from '../../src/run/targets/eks.js'
import { serverlessRuns } from '../../src/run/targets/serverless.js'
import { identity, label, scriptedClient, serviceError, storeOfLogs, submission } from './scripted-client.js'

const executionRoleArn = 'arn:aws:iam::123456789012:role/job'
const logLocation = 's3://logs/root'
const sparkSubmitParameters =
  "--conf 'spark.driver.extraJavaOptions=-Da=b -Dc=d' --conf spark.executor.memory=4g --py-files s3://staging/a/tidewater.zip"
const monitored = {
  configurationOverrides: { monitoringConfiguration: { s3MonitoringConfiguration: { logUri: logLocation } } },
}

const services = [
  {
    name: 'EMR Serverless',
    // Names of the operation and of the id in its answers.
    get: 'GetJobRun',
    idOf: (id: string) => ({ jobRunId: id }),
    states: { waiting: 'QUEUED', running: 'RUNNING', ending: 'CANCELLING', done: 'SUCCESS' },
    listedName: label,
    run: { name: label, jobDriver: { sparkSubmit: { entryPointArguments: submission.arguments } } },
    driverLog: (id: string) =>
      `${logLocation}/applications/app1/jobs/${id}/attempts/2/SPARK_DRIVER/stderr.gz`,
    otherLog: (id: string) => `${logLocation}/applications/app1/jobs/${id}/SPARK_EXECUTOR/1/stderr.gz`,
    target: (client: never, store = storeOfLogs({})) =>
      serverlessRuns(serverless, client, { applicationId: 'app1', executionRoleArn, logLocation, store }),
    started: {
      applicationId: 'app1',
      clientToken: submission.runId,
      name: label,
      mode: 'STREAMING',
      retryPolicy: { maxFailedAttemptsPerHour: 5 },
      executionTimeoutMinutes: 0,
      jobDriver: {
        sparkSubmit: {
          entryPoint: submission.program,
          entryPointArguments: submission.arguments,
          sparkSubmitParameters,
        },
      },
    },
    startedAnswer: { jobRunId: 'run-1' },
  },
  {
    name: 'EMR on EKS',
    get: 'DescribeJobRun',
    idOf: (id: string) => ({ id }),
    states: { waiting: 'SUBMITTED', running: 'RUNNING', ending: 'CANCEL_PENDING', done: 'COMPLETED' },
    listedName: shortNameOf(identity),
    run: {
      tags: tagsOf(identity),
      jobDriver: { sparkSubmitJobDriver: { entryPointArguments: submission.arguments } },
    },
    driverLog: (id: string) =>
      `${logLocation}/vc1/jobs/${id}/containers/spark-0001/spark-0001-driver/stderr.gz`,
    otherLog: (id: string) =>
      `${logLocation}/vc1/jobs/${id}/containers/spark-0001/spark-0001-exec-1/stderr.gz`,
    target: (client: never, store = storeOfLogs({})) =>
      eksRuns(containers, client, {
        virtualClusterId: 'vc1',
        releaseLabel: 'emr-7.14.0-latest',
        executionRoleArn,
        logLocation,
        store,
      }),
    started: {
      virtualClusterId: 'vc1',
      releaseLabel: 'emr-7.14.0-latest',
      clientToken: submission.runId,
      name: shortNameOf(identity),
      retryPolicyConfiguration: { maxAttempts: 5 },
      jobDriver: {
        sparkSubmitJobDriver: {
          entryPoint: submission.program,
          entryPointArguments: submission.arguments,
          sparkSubmitParameters,
        },
      },
    },
    startedAnswer: { id: 'run-1' },
  },
] as const

describe.each(services)('a job run of $name', (service) => {
  const { get, idOf, states, run, listedName } = service
  const listed = (id: string, state: string, name: string = listedName) => ({ id, state, name })
  const described = (state: string) => (input: Record<string, unknown>) => ({
    jobRun: {
      ...idOf(String(input.jobRunId ?? input.id)),
      state,
      stateDetails: 'because',
      ...run,
      ...monitored,
    },
  })

  it('is started with the token of its run, its tags, and a place for its logs', async () => {
    const { client, calls } = scriptedClient({ StartJobRun: () => service.startedAnswer })
    expect(await service.target(client as never).submit(submission)).toBe('run-1')
    expect(calls[0]?.input).toEqual({
      ...service.started,
      executionRoleArn,
      ...monitored,
      tags: { 'tidewater:job': 'clicks', 'tidewater:run': label },
    })
  })

  it('is found however old it is while it has not ended, and the last that has', async () => {
    const { client } = scriptedClient({
      ListJobRuns: ({ states: asked, nextToken }) => {
        if (asked === undefined)
          return {
            jobRuns: [
              listed('new', states.done, 'x'),
              listed('last', states.done),
              listed('older', states.done),
            ],
          }
        expect(asked).toContain(states.waiting)
        expect(asked).not.toContain(states.done)
        return nextToken === undefined
          ? { jobRuns: [listed('x', states.running, 'something')], nextToken: 'more' }
          : { jobRuns: [listed('old', states.running)] }
      },
      [get]: described(states.running),
    })
    const runs = await service.target(client as never).find('clicks')
    expect(runs.map(({ id }) => id)).toEqual(['old', 'last'])
    expect(runs[0]).toMatchObject({ identity, documentLocation: submission.arguments[1] })
  })

  it('has its state asked for with others, and by itself when the page does not show it', async () => {
    const { client, calls } = scriptedClient({
      ListJobRuns: () => ({ jobRuns: [listed('a', states.waiting), listed('b', states.ending)] }),
      [get]: described(states.done),
    })
    const target = service.target(client as never)
    const statuses = await target.statuses(['a', 'b', 'c'])
    expect([...statuses].map(([id, { state }]) => [id, state])).toEqual([
      ['a', 'pending'],
      ['b', 'ending'],
      ['c', 'succeeded'],
    ])
    expect(calls.map(({ operation }) => operation)).toEqual(['ListJobRuns', get])
    expect((await target.statuses(['c'])).get('c')).toMatchObject({ reason: 'because' })
    expect(calls).toHaveLength(3)
  })

  it('is cancelled unless it has ended', async () => {
    let state: string = states.running
    const { client, calls } = scriptedClient({
      [get]: (input) => described(state)(input),
      CancelJobRun: () => ({}),
    })
    const target = service.target(client as never)
    await target.cancel('a')
    state = states.done
    await target.cancel('a')
    expect(calls.filter(({ operation }) => operation === 'CancelJobRun')).toHaveLength(1)
  })

  it("brings back its driver's log", async () => {
    const { client } = scriptedClient({ [get]: described(states.done) })
    const store = storeOfLogs({ [service.driverLog('a')]: 'driver', [service.otherLog('a')]: 'executor' })
    const target = service.target(client as never, store)
    expect(await target.log('a', 'stderr')).toEqual({ location: service.driverLog('a'), text: 'driver' })
    expect(await target.log('b', 'stderr')).toBeUndefined()
  })

  it('says what is not there', async () => {
    const { client } = scriptedClient({
      [get]: () => {
        throw serviceError('ResourceNotFoundException', 'JobRun a does not exist', 404)
      },
    })
    await expect(service.target(client as never).describe('a')).rejects.toMatchObject({
      code: 'JOB_NOT_FOUND',
    })
  })
})
