import * as sdk from '@aws-sdk/client-emr'
import { describe, expect, it } from 'vitest'
import { ensureEmrCluster } from '../../src/cluster/ensure-cluster.js'
import { waitUntilReady } from '../../src/cluster/wait-until-ready.js'
import { ec2ClustersOver } from '../../src/ec2/cluster-service.js'
import { planEc2Cluster } from '../../src/ec2/plan-cluster.js'
import { scriptedClient, serviceError } from '../run/scripted-client.js'
import { smallCluster } from './definitions.js'

const desired = planEc2Cluster(smallCluster)

/** Time that passes only by sleeping. */
function fakeClock() {
  const slept: number[] = []
  let now = 0
  return {
    slept,
    nowMs: () => now,
    random: () => 0,
    sleep: async (ms: number) => {
      slept.push(ms)
      now += ms
    },
  }
}

/** EMR as far as clusters go; RunJobFlow answers as `answers` says, one after the other. */
function emr(answers: readonly ('made' | 'lost' | 'refused' | 'throttled')[]) {
  const clusters: sdk.Cluster[] = []
  const left = [...answers]
  const scripted = scriptedClient({
    ListClusters: () => ({ Clusters: clusters.map(({ Id, Name }) => ({ Id, Name })) }),
    DescribeCluster: ({ ClusterId }) => ({ Cluster: clusters.find(({ Id }) => Id === ClusterId) }),
    RunJobFlow: (request) => {
      const answer = left.shift()
      if (answer === 'throttled') throw serviceError('ThrottlingException', 'Rate exceeded')
      if (answer === 'refused') throw serviceError('ValidationException', 'Invalid InstanceProfile: nobody')
      const JobFlowId = `j-${clusters.length + 1}`
      const { Tags } = request as unknown as sdk.RunJobFlowInput
      clusters.push({ Id: JobFlowId, Name: 'flows', Tags, Status: { State: 'STARTING' } })
      if (answer === 'lost') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
      return { JobFlowId }
    },
  })
  const count = (name: string) => scripted.calls.filter(({ operation }) => operation === name).length
  return { service: ec2ClustersOver(sdk, scripted.client), clusters, count }
}

describe('creating', () => {
  it('asks once, and then finds what is there', async () => {
    const { service, count } = emr(['made'])
    expect(await ensureEmrCluster(service, desired)).toMatchObject({ action: 'create', id: 'j-1' })
    expect(await ensureEmrCluster(service, desired)).toMatchObject({
      action: 'wait',
      id: 'j-1',
      state: 'STARTING',
    })
    expect(count('RunJobFlow')).toBe(1)
  })

  it('after a lost answer finds what the request has made, instead of a second cluster', async () => {
    const { service, clusters, count } = emr(['lost'])
    expect(await ensureEmrCluster(service, desired, {}, fakeClock())).toMatchObject({
      action: 'wait',
      id: 'j-1',
    })
    expect(clusters).toHaveLength(1)
    expect(count('RunJobFlow')).toBe(1)
  })

  it('is tried again when it was throttled, and not when it was refused', async () => {
    const throttled = emr(['throttled', 'throttled', 'made'])
    expect(await ensureEmrCluster(throttled.service, desired, {}, fakeClock())).toMatchObject({
      action: 'create',
      id: 'j-1',
    })
    expect(throttled.count('RunJobFlow')).toBe(3)
    const refused = emr(['refused'])
    await expect(ensureEmrCluster(refused.service, desired, {}, fakeClock())).rejects.toMatchObject({
      code: 'AWS_REQUEST_FAILED',
      message: expect.stringContaining('Invalid InstanceProfile'),
    })
  })

  it('changes nothing in a dry run', async () => {
    const { service, count } = emr([])
    expect(await ensureEmrCluster(service, desired, { dryRun: true })).toMatchObject({
      action: 'create',
      input: { Name: 'flows' },
    })
    expect(count('RunJobFlow')).toBe(0)
  })
})

describe('waiting', () => {
  const over = (answers: readonly (sdk.ClusterStatus | Error)[]) => {
    const left = [...answers]
    const { client } = scriptedClient({
      DescribeCluster: () => {
        const Status = left.length > 1 ? left.shift() : left[0]
        if (Status instanceof Error) throw Status
        return { Cluster: { Name: 'flows', Status } }
      },
    })
    return ec2ClustersOver(sdk, client)
  }

  it('goes on while it starts and while questions fail, less often when they are throttled', async () => {
    const throttled = serviceError('ThrottlingException', 'Rate exceeded')
    const service = over([
      { State: 'STARTING' },
      throttled,
      throttled,
      { State: 'BOOTSTRAPPING' },
      { State: 'WAITING' },
    ])
    const clock = fakeClock()
    const seen: (string | undefined)[] = []
    const ready = await waitUntilReady(
      service,
      'j-1',
      { onProgress: ({ state, error }) => seen.push(error?.code ?? state) },
      clock,
    )
    expect(ready).toMatchObject({ state: 'WAITING', phase: 'ready' })
    expect(seen).toEqual(['STARTING', 'AWS_THROTTLED', 'AWS_THROTTLED', 'BOOTSTRAPPING', 'WAITING'])
    expect(clock.slept).toEqual([15_000, 30_000, 60_000, 15_000])
  })

  it('ends with a cluster that ends, bringing reason and details', async () => {
    const service = over([
      { State: 'STARTING' },
      {
        State: 'TERMINATING',
        StateChangeReason: { Code: 'BOOTSTRAP_FAILURE', Message: 'bootstrap action 1 failed' },
      },
      {
        State: 'TERMINATED_WITH_ERRORS',
        StateChangeReason: { Code: 'BOOTSTRAP_FAILURE', Message: 'bootstrap action 1 failed' },
        ErrorDetails: [
          {
            ErrorCode: 'BOOTSTRAP_FAILURE_FILE_NOT_FOUND_PRIMARY',
            ErrorData: [{ path: 's3://b/x.sh' }],
            ErrorMessage: 'no such file',
          },
        ],
      },
    ])
    await expect(waitUntilReady(service, 'j-1', {}, fakeClock())).rejects.toMatchObject({
      code: 'CLUSTER_FAILED',
      message:
        'Cluster "flows" (j-1) is TERMINATED_WITH_ERRORS: BOOTSTRAP_FAILURE: bootstrap action 1 failed; BOOTSTRAP_FAILURE_FILE_NOT_FOUND_PRIMARY, no such file, path s3://b/x.sh',
    })
  })

  it('ends at the limit it was given, and may be repeated', async () => {
    await expect(
      waitUntilReady(over([{ State: 'STARTING' }]), 'j-1', { timeoutMs: 60_000 }, fakeClock()),
    ).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      retryable: true,
      message: expect.stringContaining('is STARTING, not ready, after 60000 ms'),
    })
  })
})
