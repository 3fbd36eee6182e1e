import { describe, expect, it } from 'vitest'
import { TidewaterError } from '../../src/errors.js'
import { type ClusterProgress, waitUntilActive } from '../../src/msk/wait-until-active.js'
import { clusterArn } from './cluster-fixtures.js'
import { fakeClock, scriptedMsk } from './scripted-msk.js'

const inState = (State: string, change: object = {}) => ({
  ClusterInfo: { ClusterArn: clusterArn, State, ...change },
})
const throttled = (retryAfterMs?: number) =>
  new TidewaterError('AWS_THROTTLED', 'slow down', {
    retryable: true,
    details: retryAfterMs === undefined ? {} : { retryAfterMs },
  })

const wait = { intervalMs: 1_000, maxIntervalMs: 8_000, timeoutMs: 60_000 }

describe('waitUntilActive', () => {
  it('asks at the interval until the cluster is ACTIVE, and reports each answer', async () => {
    const client = scriptedMsk({
      DescribeClusterV2: [inState('CREATING'), inState('CREATING'), inState('ACTIVE')],
    })
    const clock = fakeClock()
    const progress: ClusterProgress[] = []
    const cluster = await waitUntilActive(
      client,
      clusterArn,
      { ...wait, onProgress: (one) => progress.push(one) },
      clock,
    )
    expect(cluster).toMatchObject({ State: 'ACTIVE', ClusterArn: clusterArn })
    expect(clock.sleeps).toEqual([1_000, 1_000])
    expect(progress).toEqual([
      { state: 'CREATING', elapsedMs: 0, polls: 1 },
      { state: 'CREATING', elapsedMs: 1_000, polls: 2 },
      { state: 'ACTIVE', elapsedMs: 2_000, polls: 3 },
    ])
  })

  it('steps back while it is throttled, waits as long as it was told, and returns to the interval', async () => {
    const client = scriptedMsk({
      DescribeClusterV2: [
        inState('CREATING'),
        throttled(),
        throttled(),
        throttled(20_000),
        throttled(),
        inState('CREATING'),
        inState('ACTIVE'),
      ],
    })
    const clock = fakeClock()
    const progress: ClusterProgress[] = []
    await waitUntilActive(client, clusterArn, { ...wait, onProgress: (one) => progress.push(one) }, clock)
    // 1 s; doubled by each failure; the service's 20 s; no more than the maximum; back to 1 s.
    expect(clock.sleeps).toEqual([1_000, 2_000, 4_000, 20_000, 8_000, 1_000])
    expect(progress.filter(({ error }) => error?.code === 'AWS_THROTTLED')).toHaveLength(4)
  })

  it('spreads waiters by chance', async () => {
    const script = () => scriptedMsk({ DescribeClusterV2: [inState('CREATING'), inState('ACTIVE')] })
    const early = fakeClock(0.99)
    await waitUntilActive(script(), clusterArn, wait, early)
    expect(early.sleeps).toEqual([703])
  })

  it('ends at the time-out with a last question, and says what the state was', async () => {
    const client = scriptedMsk({ DescribeClusterV2: [inState('CREATING')] })
    const clock = fakeClock()
    const failing = waitUntilActive(client, clusterArn, { ...wait, timeoutMs: 2_500 }, clock)
    await expect(failing).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      retryable: true,
      message: `Cluster ${clusterArn} is CREATING, not ACTIVE, after 2500 ms`,
      details: { state: 'CREATING' },
    })
    expect(clock.sleeps).toEqual([1_000, 1_000, 500])
    expect(client.calls).toHaveLength(4)
  })

  it('fails at once with what the service says of a cluster that failed', async () => {
    const StateInfo = { Code: 'SubnetFull', Message: 'no free addresses' }
    const client = scriptedMsk({ DescribeClusterV2: [inState('CREATING'), inState('FAILED', { StateInfo })] })
    const clock = fakeClock()
    await expect(waitUntilActive(client, clusterArn, wait, clock)).rejects.toMatchObject({
      code: 'CLUSTER_FAILED',
      retryable: false,
      message: `Cluster ${clusterArn} is FAILED: SubnetFull: no free addresses`,
      details: { state: 'FAILED', stateCode: 'SubnetFull', stateMessage: 'no free addresses' },
    })
    expect(clock.sleeps).toEqual([1_000])
  })

  it('does not wait for a cluster that is being deleted', async () => {
    const client = scriptedMsk({ DescribeClusterV2: [inState('DELETING')] })
    await expect(waitUntilActive(client, clusterArn, wait, fakeClock())).rejects.toMatchObject({
      code: 'CLUSTER_FAILED',
      details: { state: 'DELETING' },
    })
  })

  it('does not ask again what can never be answered', async () => {
    const denied = new TidewaterError('AUTHORIZATION_FAILED', 'no')
    const client = scriptedMsk({ DescribeClusterV2: [inState('CREATING'), denied] })
    await expect(waitUntilActive(client, clusterArn, wait, fakeClock())).rejects.toBe(denied)
    expect(client.calls).toHaveLength(2)
  })

  it('stops when it is aborted', async () => {
    const controller = new AbortController()
    const client = scriptedMsk({ DescribeClusterV2: [inState('CREATING')] })
    const aborting = waitUntilActive(
      client,
      clusterArn,
      { ...wait, signal: controller.signal, onProgress: () => controller.abort() },
      fakeClock(),
    )
    await expect(aborting).rejects.toMatchObject({ code: 'ABORTED' })
    expect(client.calls).toHaveLength(1)
  })

  it('refuses an ARN that is none, before it asks', async () => {
    const client = scriptedMsk({})
    await expect(waitUntilActive(client, 'demo', wait, fakeClock())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    expect(client.calls).toEqual([])
  })
})
