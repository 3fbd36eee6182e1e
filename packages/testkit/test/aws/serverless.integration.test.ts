import { gunzipSync } from 'node:zlib'
import {
  CancelJobRunCommand,
  CreateApplicationCommand,
  DeleteApplicationCommand,
  EMRServerlessClient,
  GetApplicationCommand,
  GetJobRunCommand,
  ListJobRunsCommand,
  ListTagsForResourceCommand,
  paginateListJobRunAttempts,
  StartJobRunCommand,
  type StartJobRunCommandInput,
  StopApplicationCommand,
  TagResourceCommand,
  UpdateApplicationCommand,
} from '@aws-sdk/client-emr-serverless'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { beforeAll, expect, it } from 'vitest'
import { awsStack, clientConfig, eventually, keysBelow, readObject, s3Client } from './stack-fixture.js'

const { stack } = awsStack()
let client: EMRServerlessClient
const executionRoleArn = 'arn:aws:iam::123456789012:role/job'
// No Spark in it: spark-submit runs any Python, and this starts in half the time.
const script = `import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("asked to end", flush=True), sys.exit(0)))
print("running", sys.argv[1:], flush=True)
if sys.argv[1] == "fail":
    raise ValueError("told to fail")
while sys.argv[1] == "wait":
    time.sleep(0.1)
`

beforeAll(async () => {
  client = new EMRServerlessClient(clientConfig(stack()))
  await s3Client(stack()).send(
    new PutObjectCommand({ Bucket: 'tidewater', Key: 'code/main.py', Body: script }),
  )
})

async function application(): Promise<string> {
  const { applicationId = '' } = await client.send(
    new CreateApplicationCommand({ name: 'tests', releaseLabel: 'emr-7.12.0', type: 'SPARK' }),
  )
  return applicationId
}

function jobRun(
  applicationId: string,
  does: 'succeed' | 'fail' | 'wait',
  more: Partial<StartJobRunCommandInput> = {},
): StartJobRunCommandInput {
  return {
    applicationId,
    executionRoleArn,
    clientToken: undefined,
    jobDriver: {
      sparkSubmit: {
        entryPoint: 's3://tidewater/code/main.py',
        entryPointArguments: [does, 'two words'],
        sparkSubmitParameters: '--conf spark.executor.cores=1 --conf "spark.app.name=a name"',
      },
    },
    configurationOverrides: {
      monitoringConfiguration: { s3MonitoringConfiguration: { logUri: 's3://tidewater/serverless/' } },
    },
    ...more,
  }
}

async function start(input: StartJobRunCommandInput): Promise<string> {
  const { jobRunId = '' } = await client.send(new StartJobRunCommand(input))
  return jobRunId
}

async function get(applicationId: string, jobRunId: string) {
  const { jobRun } = await client.send(new GetJobRunCommand({ applicationId, jobRunId }))
  return jobRun
}

function reaches(applicationId: string, jobRunId: string, wanted: string) {
  return eventually(async () => {
    const run = await get(applicationId, jobRunId)
    return run?.state === wanted ? run : undefined
  })
}

async function logOf(key: string): Promise<string> {
  return gunzipSync(await readObject(s3Client(stack()), key)).toString()
}

it('starts an application with its first run, and runs the job', async () => {
  const id = await application()
  const run = await start(jobRun(id, 'succeed', { name: 'first' }))
  expect((await get(id, run))?.state).toMatch(/SUBMITTED|PENDING|SCHEDULED/)
  expect(await reaches(id, run, 'SUCCESS')).toMatchObject({
    name: 'first',
    mode: 'BATCH',
    attempt: 1,
    releaseLabel: 'emr-7.12.0',
  })
  const driver = `serverless/applications/${id}/jobs/${run}/SPARK_DRIVER`
  expect(await keysBelow(s3Client(stack()), driver)).toEqual([`${driver}/stderr.gz`, `${driver}/stdout.gz`])
  expect(await logOf(`${driver}/stdout.gz`)).toContain("running ['succeed', 'two words']")
  const { application: started } = await client.send(new GetApplicationCommand({ applicationId: id }))
  expect(started).toMatchObject({ state: 'STARTED', autoStartConfiguration: { enabled: true } })
})

it('starts one run for a token, however often it is asked', async () => {
  const id = await application()
  const input = jobRun(id, 'succeed', { clientToken: 'the-same' })
  const first = await start(input)
  expect(await start(input)).toBe(first)
  await expect(start({ ...input, name: 'another' })).rejects.toMatchObject({ name: 'ConflictException' })
  const { jobRuns } = await client.send(new ListJobRunsCommand({ applicationId: id }))
  expect(jobRuns?.map((run) => run.id)).toEqual([first])
  await reaches(id, first, 'SUCCESS')
})

it('tries a batch as often as it may, and says why it failed', async () => {
  const id = await application()
  const run = await start(jobRun(id, 'fail', { retryPolicy: { maxAttempts: 2 } }))
  const failed = await eventually(async () => {
    const now = await get(id, run)
    return now?.state === 'FAILED' && now.attempt === 2 ? now : undefined
  })
  expect(failed.stateDetails).toContain('ExitCode: 1. Last few exceptions: ValueError: told to fail')
  const attempts: unknown[] = []
  for await (const page of paginateListJobRunAttempts({ client }, { applicationId: id, jobRunId: run }))
    attempts.push(...(page.jobRunAttempts ?? []))
  expect(attempts).toMatchObject([
    { attempt: 2, state: 'FAILED' },
    { attempt: 1, state: 'FAILED' },
  ])
  const folder = `serverless/applications/${id}/jobs/${run}/attempts`
  expect(await keysBelow(s3Client(stack()), folder)).toContain(`${folder}/1/SPARK_DRIVER/stdout.gz`)
})

it('lets a streaming run end by itself within the grace of its cancellation', async () => {
  const id = await application()
  const run = await start(jobRun(id, 'wait', { mode: 'STREAMING' }))
  const stdout = `serverless/applications/${id}/jobs/${run}/attempts/1/SPARK_DRIVER/stdout.gz`
  await eventually(async () => (await keysBelow(s3Client(stack()), stdout))[0])
  const cancel = (seconds: number) =>
    client.send(
      new CancelJobRunCommand({ applicationId: id, jobRunId: run, shutdownGracePeriodInSeconds: seconds }),
    )
  await expect(cancel(5)).rejects.toMatchObject({ message: expect.stringContaining('between 15 and 1800') })
  await cancel(60)
  await reaches(id, run, 'CANCELLED')
  expect(await logOf(stdout)).toContain('asked to end')
  await expect(cancel(60)).rejects.toMatchObject({ name: 'ConflictException' })
})

it('stops an application only without runs, and changes and deletes it only when it is stopped', async () => {
  const id = await application()
  const run = await start(jobRun(id, 'wait'))
  await reaches(id, run, 'RUNNING')
  await expect(client.send(new StopApplicationCommand({ applicationId: id }))).rejects.toMatchObject({
    name: 'ValidationException',
  })
  await client.send(new CancelJobRunCommand({ applicationId: id, jobRunId: run }))
  await reaches(id, run, 'CANCELLED')
  const update = () =>
    client.send(
      new UpdateApplicationCommand({
        applicationId: id,
        clientToken: 't',
        maximumCapacity: { cpu: '4vCPU', memory: '16GB' },
      }),
    )
  await expect(update()).rejects.toMatchObject({ name: 'ValidationException' })
  await client.send(new StopApplicationCommand({ applicationId: id }))
  await eventually(async () => {
    const { application: now } = await client.send(new GetApplicationCommand({ applicationId: id }))
    return now?.state === 'STOPPED' ? now : undefined
  })
  expect((await update()).application).toMatchObject({ maximumCapacity: { cpu: '4vCPU' } })
  await client.send(new DeleteApplicationCommand({ applicationId: id }))
  const { application: deleted } = await client.send(new GetApplicationCommand({ applicationId: id }))
  expect(deleted?.state).toBe('TERMINATED')
})

it('keeps tags of applications and runs', async () => {
  const id = await application()
  const { arn = '' } = await client.send(
    new StartJobRunCommand(jobRun(id, 'succeed', { tags: { 'tidewater:job': 'clicks' } })),
  )
  await client.send(new TagResourceCommand({ resourceArn: arn, tags: { more: 'yes' } }))
  const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn: arn }))
  expect(tags).toEqual({ 'tidewater:job': 'clicks', more: 'yes' })
})

it.each([
  [{ mode: 'STREAMING', retryPolicy: { maxAttempts: 3 } }, 'maxAttempts is only supported for BATCH'],
  [
    { retryPolicy: { maxFailedAttemptsPerHour: 3 } },
    'maxFailedAttemptsPerHour is only supported for STREAMING',
  ],
  [{ mode: 'STREAMING', retryPolicy: { maxFailedAttemptsPerHour: 11 } }, 'between 1 and 10; it is 11'],
  [{ executionRoleArn: 'job' }, 'Invalid execution role ARN: job'],
] as const)('refuses a run with %o', async (more, message) => {
  const id = await application()
  await expect(start(jobRun(id, 'succeed', more))).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining(message),
  })
})

it('does not know an application that is none', async () => {
  await expect(start(jobRun('00none', 'succeed'))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  })
})
