import { gunzipSync } from 'node:zlib'
import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeClusterCommand,
  DescribeStepCommand,
  type EMRClient,
  ListStepsCommand,
  ModifyClusterCommand,
  paginateListSteps,
  RunJobFlowCommand,
  type RunJobFlowCommandInput,
  type StepConfig,
  TerminateJobFlowsCommand,
  waitUntilClusterRunning,
  waitUntilStepComplete,
} from '@aws-sdk/client-emr'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { beforeAll, expect, it } from 'vitest'
import {
  awsStack,
  clusterInput,
  commandStep,
  emrClient,
  eventually,
  keysBelow,
  readObject,
  s3Client,
  shellStep,
} from '../stack-fixture.js'

const { stack } = awsStack()
let emr: EMRClient
beforeAll(() => {
  emr = emrClient(stack())
})

async function runCluster(input: Partial<RunJobFlowCommandInput> = {}): Promise<string> {
  const { JobFlowId = '' } = await emr.send(new RunJobFlowCommand({ ...clusterInput('tests'), ...input }))
  return JobFlowId
}

async function addSteps(cluster: string, ...steps: StepConfig[]): Promise<string[]> {
  const { StepIds = [] } = await emr.send(new AddJobFlowStepsCommand({ JobFlowId: cluster, Steps: steps }))
  return StepIds
}

async function describe(cluster: string, step: string | undefined) {
  const { Step } = await emr.send(new DescribeStepCommand({ ClusterId: cluster, StepId: step }))
  return Step
}

async function stateOf(cluster: string, step: string | undefined): Promise<string | undefined> {
  return (await describe(cluster, step))?.Status?.State
}

function reaches(cluster: string, step: string | undefined, ...states: string[]): Promise<string> {
  return eventually(async () => {
    const state = (await stateOf(cluster, step)) ?? ''
    return states.includes(state) ? state : undefined
  })
}

async function clusterStatus(cluster: string) {
  const { Cluster } = await emr.send(new DescribeClusterCommand({ ClusterId: cluster }))
  return Cluster?.Status
}

async function logOf(key: string): Promise<string> {
  return gunzipSync(await readObject(s3Client(stack()), key)).toString()
}

it('starts a cluster, runs a step on it, and ends it', async () => {
  const cluster = await runCluster()
  expect((await clusterStatus(cluster))?.State).toMatch(/STARTING|BOOTSTRAPPING|WAITING/)
  const waiter = { client: emr, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }
  await waitUntilClusterRunning(waiter, { ClusterId: cluster })
  const [step] = await addSteps(cluster, shellStep('echo out; echo err >&2'))
  await waitUntilStepComplete(waiter, { ClusterId: cluster, StepId: step })
  const folder = `logs/${cluster}/steps/${step}`
  expect(await keysBelow(s3Client(stack()), folder)).toEqual(
    ['controller', 'stderr', 'stdout', 'syslog'].map((name) => `${folder}/${name}.gz`),
  )
  expect(await logOf(`${folder}/stdout.gz`)).toBe('out\n')
  expect(await logOf(`${folder}/stderr.gz`)).toBe('err\n')
  await eventually(async () => ((await clusterStatus(cluster))?.State === 'WAITING' ? true : undefined))
  await emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [cluster] }))
  expect((await clusterStatus(cluster))?.State).toMatch(/^TERMINAT(ING|ED)$/)
  const ended = await eventually(async () => {
    const status = await clusterStatus(cluster)
    return status?.State === 'TERMINATED' ? status : undefined
  })
  expect(ended.StateChangeReason).toMatchObject({ Code: 'USER_REQUEST' })
  await expect(addSteps(cluster, shellStep('true'))).rejects.toMatchObject({
    message: expect.stringContaining('may not be modified'),
  })
})

it('says why a step failed, and where its log is', async () => {
  const cluster = await runCluster()
  const [step] = await addSteps(
    cluster,
    shellStep('echo "java.lang.IllegalStateException: no such topic" >&2; exit 3'),
  )
  await reaches(cluster, step, 'FAILED')
  expect((await describe(cluster, step))?.Status?.FailureDetails).toEqual({
    Reason: 'Unknown Error.',
    Message: 'java.lang.IllegalStateException: no such topic',
    LogFile: `s3://tidewater/logs/${cluster}/steps/${step}/stderr.gz`,
  })
  expect(await logOf(`logs/${cluster}/steps/${step}/controller.gz`)).toContain('exit code 3')
})

it('fails a step whose program is not there', async () => {
  const cluster = await runCluster()
  const [step] = await addSteps(cluster, commandStep(['no-such-program']))
  await reaches(cluster, step, 'FAILED')
  expect((await describe(cluster, step))?.Status?.FailureDetails?.Message).toContain('no-such-program')
})

it('runs PySpark from and to S3, and leaves its output where YARN does', async () => {
  const s3 = s3Client(stack())
  const script = [
    'import sys',
    'from pyspark.sql import SparkSession',
    'spark = SparkSession.builder.getOrCreate()',
    'spark.range(100).write.parquet(sys.argv[1])',
    'print("rows", spark.read.parquet(sys.argv[1]).count(), spark.conf.get("spark.some.setting"))',
    'raise ValueError("told to fail")',
  ].join('\n')
  await s3.send(new PutObjectCommand({ Bucket: 'tidewater', Key: 'code/job.py', Body: script }))
  const cluster = await runCluster({
    Configurations: [
      { Classification: 'spark-defaults', Properties: { 'spark.some.setting': 'of-cluster' } },
    ],
  })
  // A jar that is on EMR's machines only, as jobs for Iceberg name it.
  const jar = 'spark.jars=/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar'
  const conf = ['--master', 'yarn', '--conf', 'spark.executor.memory=512m', '--conf', jar]
  const [step] = await addSteps(
    cluster,
    commandStep([
      'spark-submit',
      '--deploy-mode',
      'cluster',
      ...conf,
      's3://tidewater/code/job.py',
      's3://tidewater/out/',
    ]),
  )
  await reaches(cluster, step, 'FAILED')
  const [application] =
    /application_\d+_\d+/.exec(await logOf(`logs/${cluster}/steps/${step}/stderr.gz`)) ?? []
  expect((await describe(cluster, step))?.Status?.FailureDetails?.Message).toContain(
    `Application ${application} finished with failed status`,
  )
  const container = `logs/${cluster}/containers/${application}/${application?.replace('application', 'container')}_01_000001`
  const output = await logOf(`${container}/stdout.gz`)
  expect(output).toContain('rows 100 of-cluster')
  expect(output).toContain('ValueError: told to fail')
  expect(await keysBelow(s3, 'out/')).toContain('out/_SUCCESS')
})

it('runs as many steps at once as the cluster is told to, in their order', async () => {
  const cluster = await runCluster()
  const waits = () => shellStep('sleep 600')
  const [first, second, third] = await addSteps(cluster, waits(), waits(), waits())
  await reaches(cluster, first, 'RUNNING')
  expect(await stateOf(cluster, second)).toBe('PENDING')
  await emr.send(new ModifyClusterCommand({ ClusterId: cluster, StepConcurrencyLevel: 2 }))
  await reaches(cluster, second, 'RUNNING')
  expect(await stateOf(cluster, third)).toBe('PENDING')
  await emr.send(new CancelStepsCommand({ ClusterId: cluster, StepIds: [first ?? ''] }))
  await reaches(cluster, first, 'CANCELLED')
  await reaches(cluster, third, 'RUNNING')
  await expect(
    addSteps(cluster, shellStep('true', { ActionOnFailure: 'CANCEL_AND_WAIT' })),
  ).rejects.toMatchObject({
    message: expect.stringContaining('ActionOnFailure'),
  })
  await emr.send(new TerminateJobFlowsCommand({ JobFlowIds: [cluster] }))
  await reaches(cluster, second, 'INTERRUPTED')
})

it.each([
  { StepCancellationOption: 'SEND_INTERRUPT', says: 'asked to end' },
  { StepCancellationOption: 'TERMINATE_PROCESS', says: '' },
] as const)('cancels with $StepCancellationOption', async ({ StepCancellationOption, says }) => {
  const cluster = await runCluster()
  const [step, pending] = await addSteps(
    cluster,
    shellStep('trap "echo asked to end; exit 0" TERM; echo ready; while true; do sleep 0.1; done'),
    shellStep('true'),
  )
  const stdout = `logs/${cluster}/steps/${step}/stdout.gz`
  await eventually(async () => (await keysBelow(s3Client(stack()), stdout))[0])
  const { CancelStepsInfoList } = await emr.send(
    new CancelStepsCommand({
      ClusterId: cluster,
      StepIds: [step ?? '', pending ?? ''],
      StepCancellationOption,
    }),
  )
  expect(CancelStepsInfoList?.map(({ Status }) => Status)).toEqual(['SUBMITTED', 'SUBMITTED'])
  await reaches(cluster, step, 'CANCELLED')
  expect(await stateOf(cluster, pending)).toBe('CANCELLED')
  expect(await logOf(stdout)).toBe(says === '' ? 'ready\n' : `ready\n${says}\n`)
  const again = await emr.send(new CancelStepsCommand({ ClusterId: cluster, StepIds: [step ?? ''] }))
  expect(again.CancelStepsInfoList).toMatchObject([{ Status: 'FAILED' }])
})

it('acts on a failure as the step says', async () => {
  const cluster = await runCluster()
  const [, cancelled] = await addSteps(
    cluster,
    shellStep('exit 1', { ActionOnFailure: 'CANCEL_AND_WAIT' }),
    shellStep('true'),
  )
  await reaches(cluster, cancelled, 'CANCELLED')
  const [, completed] = await addSteps(cluster, shellStep('exit 1'), shellStep('true'))
  await reaches(cluster, completed, 'COMPLETED')
  await addSteps(cluster, shellStep('exit 1', { ActionOnFailure: 'TERMINATE_CLUSTER' }))
  const status = await eventually(async () => {
    const now = await clusterStatus(cluster)
    return now?.State === 'TERMINATED_WITH_ERRORS' ? now : undefined
  })
  expect(status.StateChangeReason).toMatchObject({ Code: 'STEP_FAILURE' })
})

it('ends a cluster that is not to wait when its steps are done', async () => {
  const { Instances, ...input } = clusterInput('short')
  const cluster = await runCluster({
    ...input,
    Instances: { ...Instances, KeepJobFlowAliveWhenNoSteps: false },
    Steps: [shellStep('true')],
  })
  const status = await eventually(async () => {
    const now = await clusterStatus(cluster)
    return now?.State === 'TERMINATED' ? now : undefined
  })
  expect(status.StateChangeReason).toMatchObject({ Code: 'ALL_STEPS_COMPLETED' })
})

it('holds 256 steps and lists them by pages and by ten', async () => {
  const cluster = await runCluster()
  const many = (count: number) => Array.from({ length: count }, () => shellStep('sleep 600'))
  const ids = await addSteps(cluster, ...many(256))
  await expect(addSteps(cluster, shellStep('true'))).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('Maximum number of active steps'),
  })
  const listed: string[] = []
  let pages = 0
  for await (const { Steps = [] } of paginateListSteps({ client: emr }, { ClusterId: cluster })) {
    pages += 1
    listed.push(...Steps.map(({ Id = '' }) => Id))
  }
  expect(listed).toEqual([...ids].reverse())
  expect(pages).toBe(6)
  const byIds = (StepIds: string[]) => emr.send(new ListStepsCommand({ ClusterId: cluster, StepIds }))
  expect((await byIds(ids.slice(0, 10))).Steps).toHaveLength(10)
  await expect(byIds(ids.slice(0, 11))).rejects.toMatchObject({ name: 'InvalidRequestException' })
})

it.each([
  [{ ReleaseLabel: 'emr-banana' }, 'release label is invalid: emr-banana'],
  [{ JobFlowRole: undefined }, 'InstanceProfile is required'],
  [{ ServiceRole: undefined }, 'ServiceRole is required'],
  [{ StepConcurrencyLevel: 257 }, 'between 1 and 256; it is 257'],
  [{ Steps: [commandStep(['x'.repeat(10_241)])] }, 'length less than or equal to 10240'],
])('refuses %o', async (input, message) => {
  await expect(runCluster(input as Partial<RunJobFlowCommandInput>)).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining(message),
  })
})

it('does not know a cluster that is none, nor a caller it was not told of', async () => {
  await expect(clusterStatus('j-NONE')).rejects.toMatchObject({
    name: 'InvalidRequestException',
    message: "Cluster id 'j-NONE' is not valid.",
  })
  const stranger = emrClient({
    ...stack(),
    credentials: { accessKeyId: 'AKIASTRANGER00000000', secretAccessKey: 'x' },
  })
  await expect(stranger.send(new DescribeClusterCommand({ ClusterId: 'j-NONE' }))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  })
})
