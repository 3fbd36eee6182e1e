import type { RunJobFlowInput } from '@aws-sdk/client-emr'
import type { Finding } from '@tidewater/core'
import { definitionHashOf, withManagedTags } from '../cluster/managed-tags.js'
import type { AccessNeeds, Decision, DesiredCluster } from '../cluster/service.js'
import { type Release, releaseOf } from '../releases.js'
import {
  type Ec2ClusterDefinition,
  type Ec2ClusterInput,
  ec2ClusterDefinition,
} from './cluster-definition.js'
import {
  runJobFlowInput,
  runtimeRoleConfiguration,
  securityConfigurationOf,
  usesSpot,
} from './run-job-flow-input.js'

/**
 * Decides a cluster of EMR on EC2: the request, and a reason for each of its settings. Pure.
 *
 * @throws TidewaterError `CONFIG_INVALID`, also for a release that is none
 */
export function planEc2Cluster(input: Ec2ClusterInput): DesiredCluster<RunJobFlowInput> {
  const definition = ec2ClusterDefinition(input)
  const release = releaseOf(definition.release)
  const request = runJobFlowInput(definition)
  const definitionHash = definitionHashOf(request)
  const tags = withManagedTags(definition.tags, definitionHash)
  return {
    kind: 'emr-ec2',
    name: definition.name,
    input: { ...request, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
    definitionHash,
    settings: settingsOf(request),
    decisions: decisionsOf(definition, release),
    findings: findingsOf(definition, release),
    access: accessOf(definition),
  }
}

/** What DescribeCluster shows of a request. */
function settingsOf(request: RunJobFlowInput): Record<string, string> {
  const instances = request.Instances
  return {
    release: request.ReleaseLabel ?? '',
    logLocation: request.LogUri ?? 'none',
    serviceRole: request.ServiceRole ?? '',
    instanceProfile: request.JobFlowRole ?? '',
    stepConcurrency: String(request.StepConcurrencyLevel),
    securityConfiguration: request.SecurityConfiguration ?? 'none',
    instances: instances?.InstanceFleets === undefined ? 'INSTANCE_GROUP' : 'INSTANCE_FLEET',
  }
}

function decisionsOf(definition: Ec2ClusterDefinition, release: Release): Decision[] {
  const { computeLimits, autoTerminateAfterIdleMinutes, stepConcurrency, logLocation, bootstrapActions } =
    definition
  const decide = (setting: string, value: string | number | boolean, reason: string): Decision => ({
    setting,
    value: String(value),
    reason,
  })
  const decisions = [
    decide(
      'release',
      definition.release,
      `Spark ${release.sparkVersion}, Iceberg ${release.icebergVersion}, Scala ${release.scalaVersion}, Java ${release.javaVersion}`,
    ),
    ...shapeOf(definition).map(([setting, value]) => decide(setting, value, shapeReasons[setting] ?? '')),
    computeLimits === undefined
      ? decide('managed scaling', 'off', 'no computeLimits are given: the cluster keeps its size')
      : decide(
          'managed scaling',
          `${computeLimits.MinimumCapacityUnits} to ${computeLimits.MaximumCapacityUnits} ${computeLimits.UnitType}`,
          "EMR adds nodes for Spark's waiting executors and takes idle ones away; the primary node doesn't count",
        ),
    autoTerminateAfterIdleMinutes === undefined
      ? decide(
          'idle termination',
          'off',
          'a streaming job never leaves the cluster idle, so only its owner ends it',
        )
      : decide(
          'idle termination',
          `after ${autoTerminateAfterIdleMinutes} min`,
          'a cluster without a step is billed like one with; a streaming step keeps it from being idle',
        ),
    decide(
      'keep alive',
      true,
      'steps are submitted when it runs; without this it would end with the first of them',
    ),
    decide(
      'step concurrency',
      stepConcurrency,
      stepConcurrency === 1
        ? 'as asked for: a streaming step never ends, so nothing else would run beside it'
        : 'a streaming step never ends; maintenance, backfills and further streams run beside it',
    ),
    decide('termination protection', definition.terminationProtection, protectionReason(definition)),
    decide(
      'log location',
      logLocation ?? 'none',
      'where step and container logs go, from which failures are explained',
    ),
    decide('iceberg.enabled', true, "puts the release's own Iceberg on Spark's class path"),
    decide('service role', definition.serviceRole, 'by which EMR starts and stops instances'),
    decide(
      'instance profile',
      definition.instanceProfile,
      'by which the nodes, and jobs without a runtime role, reach S3, Glue and Kafka',
    ),
    decide(
      'subnets',
      definition.subnetIds.join(', '),
      definition.instanceFleets === undefined
        ? 'instance groups take one'
        : 'EMR chooses the one with most capacity',
    ),
  ]
  const securityConfiguration = securityConfigurationOf(definition)
  if (securityConfiguration !== undefined) {
    const isOurs = securityConfiguration === runtimeRoleConfiguration.Name
    decisions.push(
      decide(
        'security configuration',
        securityConfiguration,
        isOurs
          ? 'made if it is not there: EnableApplicationScopedIAMRole, so that each step may have its own role'
          : 'as asked for',
      ),
    )
  }
  if (usesSpot(definition)) {
    decisions.push(
      decide(
        'yarn.node-labels.am.default-node-label-expression',
        'CORE',
        "keeps a job's driver off nodes that AWS may take back, which would restart the job",
      ),
    )
    if (definition.instanceFleets !== undefined) {
      decisions.push(
        decide(
          'spot timeout',
          `${definition.spotTimeoutMinutes} min, then On-Demand`,
          'a cluster without its capacity is worth less than its discount',
        ),
        decide(
          'spot allocation',
          'price-capacity-optimized',
          'cheapest among the pools that are least likely to be taken back',
        ),
      )
    }
  }
  for (const { name, location } of bootstrapActions) {
    decisions.push(
      decide(
        'bootstrap action',
        location,
        `"${name}", on every node before Spark is installed; a failure ends the cluster`,
      ),
    )
  }
  return decisions
}

const shapeReasons: Readonly<Record<string, string>> = {
  'primary nodes': 'YARN and HDFS; three of them survive the loss of one',
  'core nodes': 'run executors, and hold HDFS',
  'task nodes': 'run executors only, so losing one loses no data',
}

function shapeOf({
  instanceGroups = [],
  instanceFleets = [],
}: Ec2ClusterDefinition): [setting: string, value: string][] {
  const nodes = { MASTER: 'primary nodes', CORE: 'core nodes', TASK: 'task nodes' } as const
  return [
    ...instanceGroups.map(({ InstanceRole, InstanceCount, InstanceType, Market }): [string, string] => [
      nodes[InstanceRole],
      `${InstanceCount} × ${InstanceType}${Market === 'SPOT' ? ' Spot' : ''}`,
    ]),
    ...instanceFleets.map((fleet): [string, string] => [
      nodes[fleet.InstanceFleetType],
      `${fleet.TargetOnDemandCapacity} On-Demand and ${fleet.TargetSpotCapacity} Spot units of ${fleet.InstanceTypeConfigs.map(
        ({ InstanceType }) => InstanceType,
      ).join(', ')}`,
    ]),
  ]
}

function hasCoreOnSpot({ instanceGroups = [], instanceFleets = [] }: Ec2ClusterDefinition): boolean {
  return (
    instanceGroups.some((one) => one.InstanceRole !== 'TASK' && one.Market === 'SPOT') ||
    instanceFleets.some((one) => one.InstanceFleetType !== 'TASK' && one.TargetSpotCapacity > 0)
  )
}

function protectionReason({ terminationProtection }: Ec2ClusterDefinition): string {
  return terminationProtection
    ? 'as asked for: it has to be taken off before the cluster can be terminated'
    : 'off: what is made from code is ended from code'
}

function findingsOf(definition: Ec2ClusterDefinition, release: Release): Finding[] {
  const { name, logLocation, autoTerminateAfterIdleMinutes } = definition
  const findings: Finding[] = release.finding === undefined ? [] : [release.finding]
  if (logLocation === undefined) {
    findings.push({
      id: 'emr.no-logs',
      severity: 'warning',
      subject: name,
      evidence: 'no logLocation',
      reason: 'Logs end with the nodes, so a failed step leaves no reason behind.',
      fix: 'Give a logLocation such as s3://bucket/logs/.',
    })
  }
  if (autoTerminateAfterIdleMinutes === undefined) {
    findings.push({
      id: 'emr.billed-while-idle',
      severity: 'info',
      subject: name,
      evidence: 'no autoTerminateAfterIdleMinutes',
      reason: 'The cluster is billed until somebody terminates it.',
      fix: 'Give autoTerminateAfterIdleMinutes, or terminate the cluster when its last job has ended.',
    })
  }
  if (hasCoreOnSpot(definition)) {
    findings.push({
      id: 'emr.spot-under-hdfs',
      severity: 'warning',
      subject: name,
      evidence: 'primary or core nodes on Spot',
      reason:
        'AWS may take them back: the primary node ends the cluster with it, core nodes lose blocks of HDFS and drivers.',
      fix: 'Use Spot for task nodes only.',
    })
  }
  return findings
}

function accessOf({
  serviceRole,
  instanceProfile,
  kafka,
  securityGroups,
}: Ec2ClusterDefinition): AccessNeeds {
  const additional = securityGroups?.additional ?? []
  const groups = (managed: string | undefined) => (managed === undefined ? [] : [managed, ...additional])
  return {
    roles: [{ what: 'service role', name: serviceRole, principal: 'elasticmapreduce.amazonaws.com' }],
    instanceProfile,
    ...(kafka === undefined
      ? {}
      : {
          kafka: {
            brokers: kafka,
            // The primary node runs no executor and, in cluster mode, no driver.
            nodes: [{ nodes: 'core and task nodes', securityGroupIds: groups(securityGroups?.coreAndTask) }],
          },
        }),
  }
}
