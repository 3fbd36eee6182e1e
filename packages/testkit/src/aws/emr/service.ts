import { awsJson, awsJsonOperation } from '../aws-json.js'
import { type AwsCall, type AwsFault, type AwsOutcome, type AwsService, fault, result } from '../service.js'
import { type ThrottleLimits, TokenBuckets } from '../token-buckets.js'
import {
  epochSeconds,
  pageOf,
  type WireRecord,
  wireBody,
  wireRecords,
  wireString,
  wireStrings,
} from '../wire-values.js'
import { EmrCluster, type EmrHost } from './cluster.js'
import {
  clusterDescription,
  clusterSummary,
  instanceFleets,
  instanceGroups,
  usesFleets,
} from './cluster-wire.js'
import { wireStep } from './step.js'
import {
  clusterProblem,
  concurrencyProblem,
  invalidRequest,
  maxStepIds,
  policyProblem,
  validationException,
} from './validation.js'

const pageSize = 50

export interface EmrServiceOptions extends EmrHost {
  /** Undefined: no request is refused for its number. */
  readonly limits: ThrottleLimits | undefined
}

export interface EmrService extends AwsService {
  /** Ends all that runs. */
  close(): Promise<void>
}

/** EMR on EC2 that has no EC2: clusters are records, and their steps processes of this machine. */
export function emrService(options: EmrServiceOptions): EmrService {
  const { region, accountId, limits } = options
  const clusters = new Map<string, EmrCluster>()
  const securityConfigurations = new Map<string, { readonly text: string; readonly createdAtMs: number }>()
  const buckets = limits && new TokenBuckets(limits)

  const withCluster = (id: unknown, use: (cluster: EmrCluster) => AwsOutcome): AwsOutcome => {
    const cluster = clusters.get(String(id))
    return cluster === undefined ? invalidRequest(`Cluster id '${id}' is not valid.`) : use(cluster)
  }
  const withClusters = (ids: unknown, use: (found: readonly EmrCluster[]) => AwsOutcome): AwsOutcome => {
    const unknown = wireStrings(ids).find((id) => !clusters.has(id))
    if (unknown !== undefined) return validationException(`Specified job flow ID does not exist: ${unknown}`)
    return use(wireStrings(ids).flatMap((id) => clusters.get(id) ?? []))
  }

  const operations: Readonly<Record<string, (request: WireRecord) => AwsOutcome>> = {
    RunJobFlow: (request) => {
      const problem = clusterProblem(request)
      if (problem !== undefined) return problem
      const securityConfiguration = wireString(request.SecurityConfiguration)
      if (securityConfiguration !== undefined && !securityConfigurations.has(securityConfiguration))
        return validationException(`Security configuration ${securityConfiguration} does not exist.`)
      const cluster = new EmrCluster(request, options)
      clusters.set(cluster.id, cluster)
      return result({
        JobFlowId: cluster.id,
        ClusterArn: `arn:aws:elasticmapreduce:${region}:${accountId}:cluster/${cluster.id}`,
      })
    },
    CreateSecurityConfiguration: ({ Name, SecurityConfiguration }) => {
      const name = String(Name)
      if (securityConfigurations.has(name))
        return invalidRequest(`Security configuration with name '${name}' already exists.`)
      securityConfigurations.set(name, { text: String(SecurityConfiguration), createdAtMs: Date.now() })
      return result({ Name: name, CreationDateTime: epochSeconds(Date.now()) })
    },
    DescribeSecurityConfiguration: ({ Name }) => {
      const found = securityConfigurations.get(String(Name))
      if (found === undefined)
        return invalidRequest(`Security configuration with name '${Name}' does not exist.`)
      return result({
        Name,
        SecurityConfiguration: found.text,
        CreationDateTime: epochSeconds(found.createdAtMs),
      })
    },
    DescribeCluster: ({ ClusterId }) =>
      withCluster(ClusterId, (cluster) =>
        result({ Cluster: clusterDescription(cluster, region, accountId) }),
      ),
    ListClusters: (request) => {
      const states = wireStrings(request.ClusterStates)
      const after = Number(request.CreatedAfter ?? 0) * 1_000
      const before = Number(request.CreatedBefore ?? Number.MAX_SAFE_INTEGER) * 1_000
      const found = [...clusters.values()]
        .filter(({ state }) => states.length === 0 || states.includes(state))
        .filter(({ createdAtMs }) => createdAtMs >= after && createdAtMs <= before)
        .reverse()
      const { items, next } = pageOf(found, request.Marker, pageSize)
      return result({
        Clusters: items.map((cluster) => clusterSummary(cluster, region, accountId)),
        Marker: next,
      })
    },
    TerminateJobFlows: ({ JobFlowIds }) =>
      withClusters(JobFlowIds, (found) => {
        if (found.some((cluster) => cluster.terminationProtected))
          return validationException(
            'Could not shut down one or more job flows since they are termination protected.',
          )
        for (const cluster of found)
          cluster.terminate({ Code: 'USER_REQUEST', Message: 'Terminated by user request' })
        return result({})
      }),
    SetTerminationProtection: ({ JobFlowIds, TerminationProtected }) =>
      withClusters(JobFlowIds, (found) => {
        for (const cluster of found) cluster.terminationProtected = TerminationProtected === true
        return result({})
      }),
    AddTags: ({ ResourceId, Tags }) =>
      withCluster(ResourceId, (cluster) => {
        for (const { Key, Value } of wireRecords(Tags)) cluster.tags.set(String(Key), String(Value ?? ''))
        return result({})
      }),
    RemoveTags: ({ ResourceId, TagKeys }) =>
      withCluster(ResourceId, (cluster) => {
        for (const key of wireStrings(TagKeys)) cluster.tags.delete(key)
        return result({})
      }),
    ModifyCluster: ({ ClusterId, StepConcurrencyLevel }) =>
      withCluster(ClusterId, (cluster) => {
        const problem =
          StepConcurrencyLevel === undefined ? undefined : concurrencyProblem(StepConcurrencyLevel)
        if (problem !== undefined) return problem
        if (typeof StepConcurrencyLevel === 'number') cluster.setConcurrency(StepConcurrencyLevel)
        return result({ StepConcurrencyLevel: cluster.stepConcurrency })
      }),
    AddJobFlowSteps: ({ JobFlowId, Steps, ExecutionRoleArn }) =>
      withCluster(JobFlowId, (cluster) => {
        const added = cluster.addSteps(wireRecords(Steps), wireString(ExecutionRoleArn))
        return isFault(added) ? added : result({ StepIds: added })
      }),
    DescribeStep: ({ ClusterId, StepId }) =>
      withCluster(ClusterId, (cluster) => {
        const step = cluster.steps.find(({ id }) => id === StepId)
        return step === undefined
          ? invalidRequest(`Step id '${StepId}' is not valid.`)
          : result({ Step: wireStep(step) })
      }),
    ListSteps: (request) => withCluster(request.ClusterId, (cluster) => listSteps(cluster, request)),
    CancelSteps: ({ ClusterId, StepIds, StepCancellationOption }) =>
      withCluster(ClusterId, (cluster) => {
        const how = StepCancellationOption === 'TERMINATE_PROCESS' ? 'kill' : 'interrupt'
        return result({
          CancelStepsInfoList: wireStrings(StepIds).map((StepId) => {
            const reason = cluster.cancelStep(StepId, how)
            return reason === undefined
              ? { StepId, Status: 'SUBMITTED' }
              : { StepId, Status: 'FAILED', Reason: reason }
          }),
        })
      }),
    PutManagedScalingPolicy: ({ ClusterId, ManagedScalingPolicy }) =>
      withCluster(ClusterId, (cluster) => {
        cluster.managedScaling = ManagedScalingPolicy
        return result({})
      }),
    GetManagedScalingPolicy: ({ ClusterId }) =>
      withCluster(ClusterId, (cluster) => result({ ManagedScalingPolicy: cluster.managedScaling })),
    RemoveManagedScalingPolicy: ({ ClusterId }) =>
      withCluster(ClusterId, (cluster) => {
        cluster.managedScaling = undefined
        return result({})
      }),
    PutAutoTerminationPolicy: ({ ClusterId, AutoTerminationPolicy }) =>
      withCluster(ClusterId, (cluster) => {
        const problem = policyProblem(AutoTerminationPolicy)
        if (problem !== undefined) return problem
        cluster.setAutoTermination(AutoTerminationPolicy)
        return result({})
      }),
    GetAutoTerminationPolicy: ({ ClusterId }) =>
      withCluster(ClusterId, (cluster) => result({ AutoTerminationPolicy: cluster.autoTermination })),
    RemoveAutoTerminationPolicy: ({ ClusterId }) =>
      withCluster(ClusterId, (cluster) => {
        cluster.setAutoTermination(undefined)
        return result({})
      }),
    ListInstanceGroups: ({ ClusterId }) =>
      withCluster(ClusterId, (cluster) =>
        usesFleets(cluster.request)
          ? invalidRequest(otherCollection('fleets', 'ListInstanceGroups'))
          : result({ InstanceGroups: instanceGroups(cluster) }),
      ),
    ListInstanceFleets: ({ ClusterId }) =>
      withCluster(ClusterId, (cluster) =>
        usesFleets(cluster.request)
          ? result({ InstanceFleets: instanceFleets(cluster) })
          : invalidRequest(otherCollection('groups', 'ListInstanceFleets')),
      ),
  }

  return {
    signingName: 'elasticmapreduce',
    protocol: awsJson,
    route: (head) => {
      const name = awsJsonOperation(head, 'ElasticMapReduce')
      const run = name === undefined ? undefined : operations[name]
      if (name === undefined || run === undefined) return undefined
      return {
        name,
        run: async ({ request, nowMs }: AwsCall) => {
          if (buckets?.take(name, nowMs) === false) return fault('ThrottlingException', 400, 'Rate exceeded')
          return run(wireBody(request.body))
        },
      }
    },
    close: async () => {
      await Promise.all([...clusters.values()].map((cluster) => cluster.close()))
    },
  }
}

function listSteps(cluster: EmrCluster, request: WireRecord): AwsOutcome {
  const ids = wireStrings(request.StepIds)
  const states = wireStrings(request.StepStates)
  if (ids.length > maxStepIds)
    return invalidRequest(`Cannot specify more than ${maxStepIds} step IDs; there are ${ids.length}.`)
  const unknown = ids.find((id) => !cluster.steps.some((step) => step.id === id))
  if (unknown !== undefined) return invalidRequest(`Step id '${unknown}' is not valid.`)
  const found = cluster.steps
    .filter((step) => ids.length === 0 || ids.includes(step.id))
    .filter((step) => states.length === 0 || states.includes(step.state))
    .reverse()
  const { items, next } = pageOf(found, request.Marker, pageSize)
  return result({ Steps: items.map(wireStep), Marker: next })
}

function otherCollection(used: string, operation: string): string {
  return `Instance fleets and instance groups are mutually exclusive. The EMR cluster specified in the request uses instance ${used}. ${operation} does not support it.`
}

function isFault(value: readonly string[] | AwsFault): value is AwsFault {
  return 'kind' in value
}
