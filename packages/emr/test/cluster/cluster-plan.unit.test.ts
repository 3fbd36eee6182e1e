import { describe, expect, it } from 'vitest'
import { planEmrCluster } from '../../src/cluster/cluster-plan.js'
import { planTermination } from '../../src/cluster/terminate-cluster.js'
import { planEc2Cluster } from '../../src/ec2/plan-cluster.js'
import { planVirtualCluster } from '../../src/eks/plan-virtual-cluster.js'
import { madeFrom, smallCluster } from './definitions.js'

const desired = planEc2Cluster(smallCluster)
const made = (change = {}) => madeFrom(desired, change)
const plan = (...ofName: ReturnType<typeof made>[]) => planEmrCluster(desired, ofName)

describe('what there is', () => {
  it('decides between creating, waiting and leaving it', () => {
    expect(plan()).toMatchObject({
      action: 'create',
      reasons: ['there is no "flows" of ours'],
      input: desired.input,
    })
    expect(plan(made({ phase: 'starting', state: 'STARTING' }))).toMatchObject({ action: 'wait', id: 'j-1' })
    expect(plan(made())).toMatchObject({
      action: 'none',
      id: 'j-1',
      reasons: ['"flows" (j-1) is as desired, and WAITING'],
    })
  })

  it('is ended or ending: another one is created, under another token', () => {
    const first = plan()
    const next = plan(made({ phase: 'failed', state: 'TERMINATED_WITH_ERRORS' }))
    expect(next).toMatchObject({
      action: 'create',
      reasons: [expect.stringContaining('(j-1) is TERMINATED_WITH_ERRORS')],
    })
    expect(plan(made({ phase: 'ending', state: 'TERMINATING' })).action).toBe('create')
    const tokens = [first, next, plan()].map((one) => (one.action === 'create' ? one.clientToken : ''))
    expect(tokens[0]).toBe(tokens[2])
    expect(tokens[1]).not.toBe(tokens[0])
  })

  it('is of another definition: each visible difference is named, and an invisible one said', () => {
    const older = made({ tags: { 'tidewater:managed': 'true', 'tidewater:definition': 'other' } })
    const changed = { ...older, settings: { ...desired.settings, release: 'emr-7.9.0' } }
    expect(plan(changed)).toMatchObject({
      action: 'conflict',
      reasons: ['its release is emr-7.9.0, emr-7.13.0 is desired'],
      changes: [{ setting: 'release', actual: 'emr-7.9.0', desired: 'emr-7.13.0' }],
    })
    expect(plan(older)).toMatchObject({
      action: 'conflict',
      reasons: ['"flows" (j-1) was created from another definition'],
    })
  })

  it("is somebody else's: it is left alone, and said", () => {
    expect(plan(made({ tags: {} }))).toMatchObject({
      action: 'create',
      findings: expect.arrayContaining([expect.objectContaining({ id: 'emr.same-name', subject: 'j-1' })]),
    })
  })

  it('is there twice: all settle on the older one', () => {
    const twins = [made({ id: 'j-2', createdAtMs: 2 }), made()]
    for (const ofName of [twins, [...twins].reverse()])
      expect(plan(...ofName)).toMatchObject({
        action: 'none',
        id: 'j-1',
        findings: expect.arrayContaining([
          expect.objectContaining({ id: 'emr.twin-cluster', fix: 'Terminate j-2.' }),
        ]),
      })
  })

  it('is stuck: a conflict, until it is terminated', () => {
    const eks = planVirtualCluster({ name: 'pods', eksCluster: 'prod', namespace: 'spark' })
    const arrested = madeFrom(eks, { state: 'ARRESTED', phase: 'stuck', reason: 'no access' })
    expect(planEmrCluster(eks, [arrested])).toMatchObject({
      action: 'conflict',
      reasons: [expect.stringContaining('ARRESTED (no access)')],
    })
    expect(planTermination(arrested).action).toBe('terminate')
  })

  it('needs what is missing: nothing is created', () => {
    const missing = {
      id: 'emr.role-missing',
      severity: 'error' as const,
      subject: 'r',
      evidence: 'no role',
      reason: '',
      fix: 'Make it.',
    }
    expect(planEmrCluster(desired, [], [missing])).toMatchObject({
      action: 'conflict',
      reasons: ['no role: Make it.'],
    })
    expect(planEmrCluster(desired, [], [{ ...missing, severity: 'warning' }]).action).toBe('create')
  })
})

describe('termination', () => {
  it.each([
    ['ours', made(), 'terminate', /jobs that run on it end with it/],
    ['one that is ending', made({ phase: 'ending', state: 'TERMINATING' }), 'none', /TERMINATING/],
    [
      'one that has ended',
      made({ phase: 'failed', state: 'TERMINATED_WITH_ERRORS' }),
      'none',
      /TERMINATED_WITH_ERRORS/,
    ],
    [
      'one that is protected',
      made({ isTerminationProtected: true }),
      'conflict',
      /protected against termination/,
    ],
    ["somebody else's", made({ tags: {} }), 'conflict', /no tag tidewater:managed/],
  ])('of %s', (_, cluster, action, reason) => {
    expect(planTermination(cluster)).toMatchObject({ action, reason: expect.stringMatching(reason) })
  })
})
