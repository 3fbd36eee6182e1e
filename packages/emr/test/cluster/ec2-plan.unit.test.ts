import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planEmrCluster } from '../../src/cluster/cluster-plan.js'
import { renderEmrClusterPlan } from '../../src/cluster/render-cluster-plan.js'
import { planEc2Cluster } from '../../src/ec2/plan-cluster.js'
import { fullCluster, smallCluster } from './definitions.js'

const golden = (name: string) => join(import.meta.dirname, '..', 'golden', name)

describe('the plan of a cluster of EMR on EC2', () => {
  it.each([
    ['small', () => smallCluster],
    ['full', fullCluster],
  ])('is golden: %s', async (name, definition) => {
    const plan = planEmrCluster(planEc2Cluster(definition()), [])
    await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(golden(`cluster-ec2-${name}.json`))
    await expect(renderEmrClusterPlan(plan, true)).toMatchFileSnapshot(golden(`cluster-ec2-${name}.txt`))
  })

  it('keeps drivers off Spot, adds to what the definition configures, and lets it win', () => {
    const { input } = planEc2Cluster({
      ...fullCluster(),
      configurations: [
        { classification: 'yarn-site', properties: { 'yarn.node-labels.enabled': 'false', a: 'b' } },
        { classification: 'iceberg-defaults', properties: { 'iceberg.enabled': 'false' } },
      ],
    })
    expect(input.Configurations).toEqual([
      { Classification: 'iceberg-defaults', Properties: { 'iceberg.enabled': 'false' } },
      {
        Classification: 'yarn-site',
        Properties: {
          'yarn.node-labels.enabled': 'false',
          'yarn.node-labels.am.default-node-label-expression': 'CORE',
          a: 'b',
        },
      },
    ])
  })

  it('has another hash for another definition, and the same for other tags', () => {
    const { definitionHash } = planEc2Cluster(smallCluster)
    expect(planEc2Cluster({ ...smallCluster, tags: { team: 'a' } }).definitionHash).toBe(definitionHash)
    expect(planEc2Cluster({ ...smallCluster, stepConcurrency: 2 }).definitionHash).not.toBe(definitionHash)
  })

  it('takes a newer release for the newest known one, and says so', () => {
    const { findings, input } = planEc2Cluster({ ...smallCluster, release: 'emr-7.99.0' })
    expect(input.ReleaseLabel).toBe('emr-7.99.0')
    expect(findings.map(({ id }) => id)).toContain('emr.release-unknown')
  })

  it('warns of Spot under what must not be lost', () => {
    const [primary, core] = smallCluster.instanceGroups
    const ids = (instanceGroups: unknown[]) =>
      planEc2Cluster({ ...smallCluster, instanceGroups } as never).findings.map(({ id }) => id)
    expect(ids([primary, { ...core, Market: 'SPOT' }])).toContain('emr.spot-under-hdfs')
    expect(ids([primary, core, { ...core, InstanceRole: 'TASK', Market: 'SPOT' }])).not.toContain(
      'emr.spot-under-hdfs',
    )
  })

  const group = (InstanceRole: 'MASTER' | 'CORE' | 'TASK', change = {}) => ({
    InstanceRole,
    InstanceType: 'm6g.xlarge',
    InstanceCount: 1,
    ...change,
  })
  it.each([
    ['a release that is none', { release: 'latest' }, /"latest" is not of the form/],
    ['a release before the known ones', { release: 'emr-5.36.0' }, /older than the oldest/],
    ['no service role', { serviceRole: undefined }, /serviceRole/],
    ['no instance profile', { instanceProfile: '' }, /instanceProfile/],
    ['no shape', { instanceGroups: undefined }, /either instanceGroups or instanceFleets/],
    [
      'both shapes',
      { instanceFleets: fullCluster().instanceFleets },
      /either instanceGroups or instanceFleets/,
    ],
    ['no primary node', { instanceGroups: [group('CORE')] }, /one group MASTER/],
    [
      'two primary nodes',
      { instanceGroups: [group('MASTER', { InstanceCount: 2 }), group('CORE')] },
      /1 instance, or 3/,
    ],
    ['subnets for groups', { subnetIds: ['subnet-1', 'subnet-2'] }, /must be one with instance groups/],
    [
      'an idle time of years',
      { autoTerminateAfterIdleMinutes: 10_081 },
      /autoTerminateAfterIdleMinutes.*10080/,
    ],
    ['too many steps at once', { stepConcurrency: 257 }, /stepConcurrency.*256/],
    [
      'limits of the other shape',
      { computeLimits: { UnitType: 'InstanceFleetUnits', MinimumCapacityUnits: 1, MaximumCapacityUnits: 2 } },
      /UnitType must be Instances/,
    ],
    ['a tag of ours', { tags: { 'tidewater:managed': 'false' } }, /reserved/],
    ['logs that are nowhere', { logLocation: '/tmp' }, /s3:\/\/bucket/],
    ['a typing error', { realease: 'emr-7.13.0' }, /realease/],
  ])('refuses %s', (_, change, message) => {
    expect(() => planEc2Cluster({ ...smallCluster, ...change } as never)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    )
  })
})
