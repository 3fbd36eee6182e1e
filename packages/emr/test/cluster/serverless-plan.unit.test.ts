import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planEmrCluster } from '../../src/cluster/cluster-plan.js'
import { renderEmrClusterPlan } from '../../src/cluster/render-cluster-plan.js'
import { planVirtualCluster } from '../../src/eks/plan-virtual-cluster.js'
import { sizeJob } from '../../src/index.js'
import { type ApplicationInput, serverlessShapeOf } from '../../src/serverless/application-definition.js'
import { planServerlessApplication } from '../../src/serverless/plan-application.js'

const golden = (name: string) => join(import.meta.dirname, '..', 'golden', name)
const small: ApplicationInput = { name: 'flows', release: 'emr-7.13.0' }
const network = { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-0f1'] }

describe('the plan of a Serverless application', () => {
  it('is golden', async () => {
    const size = sizeJob({
      partitions: 12,
      recordsPerSecond: 200_000,
      recordBytes: 152,
      target: 'serverless',
    })
    if (size.target !== 'serverless') throw new Error('sized for Serverless')
    const plan = planEmrCluster(
      planServerlessApplication({
        ...small,
        ...serverlessShapeOf(size, { ready: true }),
        network,
        kafka: { securityGroupIds: ['sg-0b1'] },
        logLocation: 's3://tidewater/logs/',
        tags: { team: 'flows' },
      }),
      [],
    )
    await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(golden('cluster-serverless.json'))
    await expect(renderEmrClusterPlan(plan, true)).toMatchFileSnapshot(golden('cluster-serverless.txt'))
  })

  it('without a network is a warning, and with brokers to reach in the way of creating', () => {
    expect(planServerlessApplication(small).findings).toMatchObject([
      { id: 'emr.no-network', severity: 'warning' },
    ])
    const reading = planServerlessApplication({ ...small, kafka: { securityGroupIds: ['sg-0b1'] } })
    expect(planEmrCluster(reading, [])).toMatchObject({
      action: 'conflict',
      reasons: [expect.stringContaining('no network')],
    })
  })

  const worker = { count: 2, vCpus: 4, memoryGb: 16 }
  it.each([
    [
      'a worker that AWS has not',
      { initialCapacity: { driver: { ...worker, vCpus: 3 } } },
      /initialCapacity.driver.*has 3 vCPU/,
    ],
    [
      'memory between two steps',
      { initialCapacity: { executor: { ...worker, vCpus: 8, memoryGb: 18 } } },
      /in steps of 4/,
    ],
    [
      'more ready than there may be',
      { initialCapacity: { executor: worker }, maximumCapacity: { cpu: '4 vCPU', memory: '64 GB' } },
      /maximumCapacity.cpu: must be at least.*8/,
    ],
    ['a release that is none', { release: '7.13' }, /"7.13" is not of the form/],
    ['an idle time of nothing', { autoStopAfterIdleMinutes: 0 }, /autoStopAfterIdleMinutes/],
  ])('refuses %s', (_, change, message) => {
    expect(() => planServerlessApplication({ ...small, ...change })).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    )
  })
})

describe('the plan of a virtual cluster', () => {
  it('is a name for a namespace', () => {
    const { input, settings } = planVirtualCluster({ name: 'pods', eksCluster: 'prod', namespace: 'spark' })
    expect(input).toMatchObject({
      name: 'pods',
      containerProvider: { type: 'EKS', id: 'prod', info: { eksInfo: { namespace: 'spark' } } },
      tags: { 'tidewater:managed': 'true' },
    })
    expect(settings).toEqual({ eksCluster: 'prod', namespace: 'spark' })
  })

  it('refuses what is no namespace', () => {
    expect(() => planVirtualCluster({ name: 'pods', eksCluster: 'prod', namespace: 'Spark_1' })).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('namespace') }),
    )
  })
})
