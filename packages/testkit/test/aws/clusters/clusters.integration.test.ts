import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  AddTagsCommand,
  ModifyClusterCommand,
  RunJobFlowCommand,
  SetTerminationProtectionCommand,
} from '@aws-sdk/client-emr'
import { EMRServerlessClient, StartApplicationCommand } from '@aws-sdk/client-emr-serverless'
import {
  type ClusterService,
  createAccessReader,
  type DesiredCluster,
  describeEmrCluster,
  ensureEmrCluster,
  listEmrClusters,
  terminateEmrCluster,
  waitUntilEnded,
  waitUntilReady,
} from '@tidewater/emr'
import { type Ec2ClusterInput, ec2Clusters, planEc2Cluster } from '@tidewater/emr/ec2'
import { planVirtualCluster, virtualClusters } from '@tidewater/emr/eks'
import { planServerlessApplication, serverlessApplications } from '@tidewater/emr/serverless'
import { describe, expect, it, onTestFinished } from 'vitest'
import { preparePython } from '../../../src/index.js'
import { awsStack, clientConfig, clusterInput, emrClient, eventually } from '../stack-fixture.js'
import { createRoles, createSecurityGroups } from './prepared-account.js'

const { stack, stateFolder } = awsStack()
const often = { intervalMs: 20 }

const ec2Definition: Ec2ClusterInput = {
  name: 'flows',
  release: 'emr-7.13.0',
  instanceGroups: [
    { InstanceRole: 'MASTER', InstanceType: 'm6g.xlarge', InstanceCount: 1 },
    { InstanceRole: 'CORE', InstanceType: 'm6g.xlarge', InstanceCount: 2 },
  ],
  subnetIds: ['subnet-0a1b'],
  logLocation: 's3://tidewater/logs/',
  serviceRole: 'EMR_DefaultRole',
  instanceProfile: 'EMR_EC2_DefaultRole',
}
const network = { subnetIds: ['subnet-1'], securityGroupIds: ['sg-0f1'] }

/** A service with the desired cluster, as the kinds differ in them. */
type Subject<Input = unknown> = {
  readonly open: () => Promise<ClusterService<Input>>
  readonly desired: DesiredCluster<Input>
  readonly other: DesiredCluster<Input>
}

function subject<Input>(
  open: (config: ReturnType<typeof account>) => Promise<ClusterService<Input>>,
  desired: DesiredCluster<Input>,
  other: DesiredCluster<Input>,
): Subject {
  const opened = async () => {
    const service = await open(account())
    onTestFinished(() => service.close())
    return service
  }
  return { open: opened, desired, other } as Subject
}

function account() {
  const { maxAttempts: _, ...config } = clientConfig(stack())
  return config
}

async function ec2Service() {
  const service = await ec2Clusters(account())
  onTestFinished(() => service.close())
  return service
}

const subjects: [name: string, subject: Subject, ready: RegExp, ended: string][] = [
  [
    'EMR on EC2',
    subject(
      ec2Clusters,
      planEc2Cluster(ec2Definition),
      planEc2Cluster({ ...ec2Definition, stepConcurrency: 2 }),
    ),
    /WAITING/,
    'TERMINATED',
  ],
  [
    'EMR Serverless',
    subject(
      serverlessApplications,
      planServerlessApplication({ name: 'flows', release: 'emr-7.13.0', network }),
      planServerlessApplication({ name: 'flows', release: 'emr-7.12.0', network }),
    ),
    /CREATED/,
    'TERMINATED',
  ],
  [
    'EMR on EKS',
    subject(
      virtualClusters,
      planVirtualCluster({ name: 'flows', eksCluster: 'prod', namespace: 'spark' }),
      planVirtualCluster({ name: 'flows', eksCluster: 'prod', namespace: 'batch' }),
    ),
    /RUNNING/,
    'TERMINATED',
  ],
]

describe.each(subjects)('%s', (_, { open, desired, other }, ready, ended) => {
  it('is created once, becomes ready, is listed, refuses a change, is terminated, and is created anew', async () => {
    const service = await open()
    expect(await ensureEmrCluster(service, desired, { dryRun: true })).toMatchObject({ action: 'create' })
    expect(await listEmrClusters(service)).toEqual([])

    const created = await ensureEmrCluster(service, desired)
    const id = created.id ?? ''
    expect(created.action).toBe('create')
    expect((await ensureEmrCluster(service, desired)).id).toBe(id)
    expect(await waitUntilReady(service, id, often)).toMatchObject({
      id,
      state: expect.stringMatching(ready),
    })
    expect(await ensureEmrCluster(service, desired)).toMatchObject({ action: 'none', id })
    expect(await describeEmrCluster(service, 'flows')).toMatchObject({ id, settings: desired.settings })
    expect((await listEmrClusters(service)).map((one) => one.id)).toEqual([id])

    await expect(ensureEmrCluster(service, other)).rejects.toMatchObject({
      code: 'CLUSTER_CONFLICT',
      message: expect.stringMatching(/its \w+ is \S+, \S+ is desired/),
    })

    expect(await terminateEmrCluster(service, 'flows', { dryRun: true })).toMatchObject({
      action: 'terminate',
    })
    expect((await describeEmrCluster(service, id)).phase).toBe('ready')
    expect(await terminateEmrCluster(service, 'flows')).toMatchObject({ action: 'terminate' })
    expect(await waitUntilEnded(service, id, often)).toMatchObject({ state: ended })
    expect(await terminateEmrCluster(service, id)).toMatchObject({ action: 'none' })
    expect(await listEmrClusters(service)).toEqual([])

    // The service answers a known token with what it made for it, also when that has ended.
    const next = await ensureEmrCluster(service, desired)
    expect(next.action).toBe('create')
    expect(next.id).not.toBe(id)
    await waitUntilReady(service, next.id ?? '', often)
    await terminateEmrCluster(service, next.id ?? '')
    await waitUntilEnded(service, next.id ?? '', often)
  })

  it('is known by id or by name only', async () => {
    const service = await open()
    await expect(describeEmrCluster(service, 'nobody')).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' })
  })
})

describe('a cluster of EMR on EC2', () => {
  it('that fails while it starts says why', async () => {
    const service = await ec2Service()
    const bootstrapActions = [{ name: 'agent', location: 's3://tidewater/nothing-here.sh' }]
    const { id = '' } = await ensureEmrCluster(
      service,
      planEc2Cluster({ ...ec2Definition, bootstrapActions }),
    )
    await expect(waitUntilReady(service, id, often)).rejects.toMatchObject({
      code: 'CLUSTER_FAILED',
      message: expect.stringMatching(
        /is TERMINATED_WITH_ERRORS: BOOTSTRAP_FAILURE: .*; BOOTSTRAP_FAILURE_BA_DOWNLOAD_FAILED_PRIMARY, .*nothing-here\.sh$/,
      ),
    })
  })

  it('that is terminated while it starts ends the wait', async () => {
    const service = await ec2Service()
    const { id = '' } = await ensureEmrCluster(service, planEc2Cluster(ec2Definition))
    await terminateEmrCluster(service, id)
    await expect(waitUntilReady(service, id, often)).rejects.toMatchObject({
      code: 'CLUSTER_FAILED',
      message: expect.stringContaining('USER_REQUEST: Terminated by user request'),
    })
  })

  it("is not terminated when it is protected, or somebody else's", async () => {
    const service = await ec2Service()
    const { id = '' } = await ensureEmrCluster(
      service,
      planEc2Cluster({ ...ec2Definition, terminationProtection: true }),
    )
    await expect(terminateEmrCluster(service, id)).rejects.toMatchObject({
      code: 'CLUSTER_CONFLICT',
      remedy: expect.stringContaining(`--cluster-id ${id} --no-termination-protected`),
    })
    const client = emrClient(stack())
    await client.send(new SetTerminationProtectionCommand({ JobFlowIds: [id], TerminationProtected: false }))
    await terminateEmrCluster(service, id)
    await waitUntilEnded(service, id, often)

    const foreign = await client.send(new RunJobFlowCommand(clusterInput('foreign')))
    await expect(terminateEmrCluster(service, foreign.JobFlowId ?? '')).rejects.toMatchObject({
      code: 'CLUSTER_CONFLICT',
    })
  })

  it('is there once after connections that broke', async () => {
    const service = await ec2Service()
    const { injectFault } = stack()
    injectFault('disconnect', { operation: 'RunJobFlow' })
    const { id = '' } = await ensureEmrCluster(service, planEc2Cluster({ ...ec2Definition, name: 'faulty' }))
    injectFault('disconnect', { operation: 'DescribeCluster', times: 2 })
    await waitUntilReady(service, id, often)
    const all = await service.list('faulty')
    expect(all.map((one) => one.id)).toEqual([id])
    await terminateEmrCluster(service, id)
  })

  it('gives back what others have changed as a difference', async () => {
    const service = await ec2Service()
    const desired = planEc2Cluster({ ...ec2Definition, name: 'changed' })
    const { id = '' } = await ensureEmrCluster(service, desired)
    await waitUntilReady(service, id, often)
    const client = emrClient(stack())
    await client.send(new ModifyClusterCommand({ ClusterId: id, StepConcurrencyLevel: 3 }))
    // What others may change in passing is no reason to refuse the cluster; a definition that differs is.
    expect(await ensureEmrCluster(service, desired)).toMatchObject({ action: 'none' })
    const Tags = [{ Key: 'tidewater:definition', Value: 'older' }]
    await client.send(new AddTagsCommand({ ResourceId: id, Tags }))
    expect(await ensureEmrCluster(service, desired, { dryRun: true })).toMatchObject({
      action: 'conflict',
      changes: [{ setting: 'stepConcurrency', actual: '3', desired: '10' }],
    })
    await terminateEmrCluster(service, id)
  })
})

it('a Serverless application that is started is stopped before it is deleted', async () => {
  const service = await serverlessApplications(account())
  onTestFinished(() => service.close())
  const started = planServerlessApplication({ name: 'started', release: 'emr-7.13.0', network })
  const { id = '' } = await ensureEmrCluster(service, started)
  const client = new EMRServerlessClient(clientConfig(stack()))
  await client.send(new StartApplicationCommand({ applicationId: id }))
  await eventually(async () => (await service.describe(id)).state === 'STARTED' || undefined)
  expect(await terminateEmrCluster(service, id)).toMatchObject({
    action: 'terminate',
    cluster: { id, state: 'TERMINATED' },
  })
  const asked = stack()
    .requests()
    .filter(({ service: name }) => name === 'emr-serverless')
  expect(asked.map(({ operation }) => operation)).toEqual(
    expect.arrayContaining(['StopApplication', 'DeleteApplication']),
  )
})

describe('roles and security groups', () => {
  it('are looked at before anything is created, and let the cluster in once they are right', async () => {
    const service = await ec2Service()
    const access = await createAccessReader(account())
    onTestFinished(() => access.close())
    const { brokers, nodes, letIn } = await createSecurityGroups(stack())
    const desired = planEc2Cluster({
      ...ec2Definition,
      name: 'checked',
      securityGroups: { primary: nodes, coreAndTask: nodes },
      kafka: { securityGroupIds: [brokers] },
    })
    await expect(ensureEmrCluster(service, desired, { access })).rejects.toMatchObject({
      code: 'CLUSTER_CONFLICT',
      message: expect.stringMatching(
        /service role EMR_DefaultRole doesn't exist.*instance profile EMR_EC2_DefaultRole doesn't exist.*no inbound rule/,
      ),
    })
    await createRoles(stack())
    await letIn(9092)
    const stillClosed = await ensureEmrCluster(service, desired, { access, dryRun: true })
    expect(stillClosed.findings.filter(({ severity }) => severity === 'error')).toMatchObject([
      {
        id: 'emr.kafka-ingress',
        fix: expect.stringContaining(`--group-id ${brokers} --protocol tcp --port 9098`),
      },
    ])
    await letIn(9098)
    const plan = await ensureEmrCluster(service, desired, { access })
    expect(plan.action).toBe('create')
    expect(plan.findings.map(({ id }) => id)).toEqual(['emr.billed-while-idle'])
    await terminateEmrCluster(service, plan.id ?? '')

    const swapped = planEc2Cluster({ ...ec2Definition, name: 'swapped', serviceRole: 'EMR_EC2_DefaultRole' })
    await expect(ensureEmrCluster(service, swapped, { access })).rejects.toMatchObject({
      message: expect.stringContaining("can't be assumed by elasticmapreduce.amazonaws.com"),
    })
  })
})

it('boto3 sees what was created', async () => {
  const ec2 = await ec2Service()
  const serverless = await serverlessApplications(account())
  const eks = await virtualClusters(account())
  onTestFinished(() => {
    serverless.close()
    eks.close()
  })
  const { instanceGroups: _, ...rest } = ec2Definition
  const fleet = (
    InstanceFleetType: 'MASTER' | 'CORE' | 'TASK',
    TargetOnDemandCapacity: number,
    TargetSpotCapacity: number,
  ) => ({
    InstanceFleetType,
    TargetOnDemandCapacity,
    TargetSpotCapacity,
    InstanceTypeConfigs: [{ InstanceType: 'm6g.xlarge' }],
  })
  const cluster = await ensureEmrCluster(
    ec2,
    planEc2Cluster({
      ...rest,
      name: 'witnessed',
      instanceFleets: [fleet('MASTER', 1, 0), fleet('CORE', 2, 0), fleet('TASK', 0, 3)],
      computeLimits: { UnitType: 'InstanceFleetUnits', MinimumCapacityUnits: 2, MaximumCapacityUnits: 5 },
      securityGroups: { primary: 'sg-0f1', coreAndTask: 'sg-0f2' },
      runtimeRoles: true,
      terminationProtection: true,
      autoTerminateAfterIdleMinutes: 30,
      tags: { team: 'flows' },
    }),
  )
  const application = await ensureEmrCluster(
    serverless,
    planServerlessApplication({
      name: 'witnessed',
      release: 'emr-7.13.0',
      architecture: 'arm64',
      network,
      initialCapacity: { executor: { count: 2, vCpus: 4, memoryGb: 16 } },
    }),
  )
  const virtual = await ensureEmrCluster(
    eks,
    planVirtualCluster({ name: 'witnessed', eksCluster: 'prod', namespace: 'spark' }),
  )

  const python = await preparePython(join(import.meta.dirname, '..', 'boto3', 'requirements.txt'))
  const ids = [cluster.id, application.id, virtual.id].map((id) => id ?? '')
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'witness.py'), ...ids], {
    env: { PATH: process.env.PATH, HOME: stateFolder(), PYTHONDONTWRITEBYTECODE: '1', ...stack().env },
  })
  expect(JSON.parse(stdout)).toEqual({
    cluster: {
      name: 'witnessed',
      release: 'emr-7.13.0',
      tags: ['team', 'tidewater:definition', 'tidewater:managed'],
      protected: true,
      steps: 10,
      groups: 'sg-0f2',
      fleets: { MASTER: 0, CORE: 0, TASK: 3 },
      most: 5,
      idle: 1_800,
      roles: { AuthorizationConfiguration: { IAMConfiguration: { EnableApplicationScopedIAMRole: true } } },
    },
    application: {
      name: 'witnessed',
      architecture: 'ARM64',
      network,
      ready: 2,
      stops: { enabled: true, idleTimeoutMinutes: 15 },
      managed: 'true',
    },
    virtual: { name: 'witnessed', state: 'RUNNING', namespace: 'spark', managed: 'true' },
  })
})
