import { randomUUID } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import {
  CancelJobRunCommand,
  CreateVirtualClusterCommand,
  DeleteVirtualClusterCommand,
  DescribeJobRunCommand,
  DescribeVirtualClusterCommand,
  EMRContainersClient,
  ListJobRunsCommand,
  ListTagsForResourceCommand,
  ListVirtualClustersCommand,
  StartJobRunCommand,
  type StartJobRunCommandInput,
} from '@aws-sdk/client-emr-containers'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { beforeAll, expect, it } from 'vitest'
import { awsStack, clientConfig, eventually, readObject, s3Client } from './stack-fixture.js'

const { stack } = awsStack()
let client: EMRContainersClient
const script = `import sys, time
print("running", sys.argv[1:], flush=True)
if sys.argv[1] == "fail":
    raise ValueError("told to fail")
while sys.argv[1] == "wait":
    time.sleep(0.1)
`

beforeAll(async () => {
  client = new EMRContainersClient(clientConfig(stack()))
  await s3Client(stack()).send(
    new PutObjectCommand({ Bucket: 'tidewater', Key: 'code/main.py', Body: script }),
  )
})

async function virtualCluster(name: string): Promise<string> {
  const { id = '' } = await client.send(
    new CreateVirtualClusterCommand({
      name,
      containerProvider: { type: 'EKS', id: 'eks', info: { eksInfo: { namespace: 'spark' } } },
    }),
  )
  return id
}

function jobRun(
  virtualClusterId: string,
  does: string,
  more: Partial<StartJobRunCommandInput> = {},
): StartJobRunCommandInput {
  return {
    virtualClusterId,
    clientToken: randomUUID(),
    executionRoleArn: 'arn:aws:iam::123456789012:role/job',
    releaseLabel: 'emr-7.12.0-latest',
    jobDriver: {
      sparkSubmitJobDriver: {
        entryPoint: 's3://tidewater/code/main.py',
        entryPointArguments: [does],
        sparkSubmitParameters: '--conf spark.executor.cores=1',
      },
    },
    configurationOverrides: {
      monitoringConfiguration: { s3MonitoringConfiguration: { logUri: 's3://tidewater/eks' } },
    },
    ...more,
  }
}

async function describe(virtualClusterId: string, id: string | undefined) {
  const { jobRun: run } = await client.send(new DescribeJobRunCommand({ virtualClusterId, id }))
  return run
}

function reaches(virtualClusterId: string, id: string | undefined, state: string) {
  return eventually(async () => {
    const run = await describe(virtualClusterId, id)
    return run?.state === state ? run : undefined
  })
}

it('runs a driver on a virtual cluster', async () => {
  const cluster = await virtualCluster('first')
  const input = jobRun(cluster, 'succeed', {
    name: 'clicks',
    clientToken: 'once',
    tags: { 'tidewater:job': 'clicks' },
  })
  const { id, arn } = await client.send(new StartJobRunCommand(input))
  expect((await client.send(new StartJobRunCommand(input))).id).toBe(id)
  const run = await reaches(cluster, id, 'COMPLETED')
  expect(run).toMatchObject({ name: 'clicks', releaseLabel: 'emr-7.12.0-latest' })
  expect(run.finishedAt).toBeInstanceOf(Date)
  const driver = `eks/${cluster}/jobs/${id}/containers/spark-${id}/spark-${id}-driver`
  const stdout = gunzipSync(await readObject(s3Client(stack()), `${driver}/stdout.gz`)).toString()
  expect(stdout).toContain("running ['succeed']")
  const { jobRuns } = await client.send(new ListJobRunsCommand({ virtualClusterId: cluster, name: 'clicks' }))
  expect(jobRuns?.map((one) => one.id)).toEqual([id])
  const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn: arn }))
  expect(tags).toEqual({ 'tidewater:job': 'clicks' })
})

it('says why a run failed, after its attempts', async () => {
  const cluster = await virtualCluster('failing')
  const { id } = await client.send(
    new StartJobRunCommand(jobRun(cluster, 'fail', { retryPolicyConfiguration: { maxAttempts: 2 } })),
  )
  expect(await reaches(cluster, id, 'FAILED')).toMatchObject({
    failureReason: 'USER_ERROR',
    stateDetails: expect.stringContaining('ValueError: told to fail'),
    retryPolicyExecution: { currentAttemptCount: 2 },
  })
})

it('cancels a run, and deletes a cluster without runs only', async () => {
  const cluster = await virtualCluster('cancelled')
  const { id } = await client.send(new StartJobRunCommand(jobRun(cluster, 'wait')))
  await reaches(cluster, id, 'RUNNING')
  const remove = () => client.send(new DeleteVirtualClusterCommand({ id: cluster }))
  await expect(remove()).rejects.toMatchObject({ name: 'ValidationException' })
  const cancel = () => client.send(new CancelJobRunCommand({ virtualClusterId: cluster, id }))
  await cancel()
  await reaches(cluster, id, 'CANCELLED')
  await expect(cancel()).rejects.toMatchObject({ message: expect.stringContaining('cancellable') })
  await remove()
  const { virtualCluster: removed } = await client.send(new DescribeVirtualClusterCommand({ id: cluster }))
  expect(removed).toMatchObject({ state: 'TERMINATED', name: 'cancelled' })
  const { virtualClusters = [] } = await client.send(new ListVirtualClustersCommand({ states: ['RUNNING'] }))
  expect(virtualClusters.map(({ id: one }) => one)).not.toContain(cluster)
})

it('does not know a cluster that is none', async () => {
  await expect(describe('none', 'none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
})
