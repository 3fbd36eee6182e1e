import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EMRClient, RunJobFlowCommand } from '@aws-sdk/client-emr'
import { CreateVirtualClusterCommand, EMRContainersClient } from '@aws-sdk/client-emr-containers'
import { CreateApplicationCommand, EMRServerlessClient } from '@aws-sdk/client-emr-serverless'
import { createObjectStore, fileStore, joinLocation, type ObjectStore } from '@tidewater/core/storage'
import { ec2StepTarget } from '@tidewater/emr/ec2'
import { eksTarget } from '@tidewater/emr/eks'
import { serverlessTarget } from '@tidewater/emr/serverless'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localJobTarget } from '../../src/index.js'
import { accountOf, awsStack, clientConfig, clusterInput } from '../aws/stack-fixture.js'
import { targetContract } from './target-contract.js'

const { stack } = awsStack()
const executionRoleArn = 'arn:aws:iam::123456789012:role/job'
const logLocation = 's3://tidewater/run-logs'
const account = () => accountOf(stack())
let folder: string
let store: ObjectStore
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-targets-'))
  store = createObjectStore({ ...account(), pathStyle: true })
})
afterAll(async () => {
  store.close()
  await rm(folder, { recursive: true, force: true })
})

targetContract('the local target', async () => ({
  target: async () => (await localJobTarget({ stateFolder: folder })).target,
  store: fileStore,
  stagingLocation: join(folder, 'staging'),
  stoppedBy: 'signal',
}))

targetContract('steps of a cluster', async () => {
  const emr = new EMRClient(clientConfig(stack()))
  const input = { ...clusterInput('jobs'), StepConcurrencyLevel: 10 }
  const { JobFlowId: clusterId = '' } = await emr.send(new RunJobFlowCommand(input))
  return {
    target: () => ec2StepTarget({ ...account(), clusterId, store }),
    store,
    stagingLocation: 's3://tidewater/steps-staging',
    stoppedBy: 'stop-marker',
  }
})

targetContract('runs of a Serverless application', async () => {
  const client = new EMRServerlessClient(clientConfig(stack()))
  const { applicationId = '' } = await client.send(
    new CreateApplicationCommand({ name: 'jobs', releaseLabel: 'emr-7.12.0', type: 'SPARK' }),
  )
  return {
    target: () => serverlessTarget({ ...account(), applicationId, executionRoleArn, logLocation, store }),
    store,
    stagingLocation: 's3://tidewater/serverless-staging',
    stoppedBy: 'stop-marker',
  }
})

targetContract('runs of a virtual cluster', async () => {
  const client = new EMRContainersClient(clientConfig(stack()))
  const { id: virtualClusterId = '' } = await client.send(
    new CreateVirtualClusterCommand({
      name: 'jobs',
      containerProvider: { type: 'EKS', id: 'eks', info: { eksInfo: { namespace: 'spark' } } },
    }),
  )
  const releaseLabel = 'emr-7.12.0-latest'
  return {
    target: () =>
      eksTarget({ ...account(), virtualClusterId, releaseLabel, executionRoleArn, logLocation, store }),
    store,
    stagingLocation: 's3://tidewater/eks-staging',
    stoppedBy: 'stop-marker',
  }
})

describe('the store on the local S3', () => {
  it('reads parts and ends, lists a folder, and lets one conditional writer win', async () => {
    const root = 's3://tidewater/store'
    const text = (content: string) => new TextEncoder().encode(content)
    const at = (name: string) => joinLocation(root, name)
    expect(await store.get(at('a'))).toBeUndefined()
    expect(await store.head(at('a'))).toBeUndefined()
    await store.put(at('a'), text('0123456789'))
    const read = async (range: Parameters<ObjectStore['get']>[1]) =>
      new TextDecoder().decode((await store.get(at('a'), range))?.bytes)
    expect(await read({ range: { lastBytes: 3 } })).toBe('789')
    expect(await read({ range: { start: 2, endExclusive: 4 } })).toBe('23')
    const won = await Promise.all(
      [1, 2, 3, 4].map((n) => store.put(at('b/1'), text(`${n}`), { ifAbsent: true })),
    )
    expect(won.filter(Boolean)).toHaveLength(1)
    const listed: string[] = []
    for await (const { location, sizeBytes } of store.list(root)) listed.push(`${location} ${sizeBytes}`)
    expect(listed).toEqual([`${at('a')} 10`, `${at('b/1')} 1`])
    await store.delete(at('a'))
    expect(await store.head(at('a'))).toBeUndefined()
  })
})
