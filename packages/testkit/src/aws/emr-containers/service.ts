import { isDeepStrictEqual } from 'node:util'
import { restJson } from '../rest-json.js'
import { isBetween, restPage, tagRoutes } from '../rest-lists.js'
import { firstOf, route } from '../rest-route.js'
import { type AwsOutcome, type AwsService, result } from '../service.js'
import { type WireRecord, wireBody, wireMap } from '../wire-values.js'
import { ContainerRun, type ContainersHost } from './job-run.js'
import { clusterProblem, invalid, jobRunProblem, notFound } from './validation.js'

interface VirtualCluster {
  readonly id: string
  readonly arn: string
  readonly tags: Map<string, string>
  readonly request: WireRecord
  readonly createdAtMs: number
  readonly runs: Map<string, ContainerRun>
  state: 'RUNNING' | 'TERMINATED'
}

/** EMR on EKS without a Kubernetes: a virtual cluster is a name, and its drivers are processes of this machine. */
export function emrContainersService(host: ContainersHost): AwsService & { close(): Promise<void> } {
  const clusters = new Map<string, VirtualCluster>()
  const arnOf = (path: string) => `arn:aws:emr-containers:${host.region}:${host.accountId}:/${path}`

  const withCluster = (id: string | undefined, use: (cluster: VirtualCluster) => AwsOutcome): AwsOutcome => {
    const cluster = clusters.get(id ?? '')
    return cluster === undefined ? notFound(`Virtual cluster ${id} doesn't exist.`) : use(cluster)
  }
  const withRun = (
    [clusterId, runId = '']: readonly string[],
    use: (run: ContainerRun) => AwsOutcome,
  ): AwsOutcome =>
    withCluster(clusterId, ({ runs }) => {
      const run = runs.get(runId)
      return run === undefined ? notFound(`Job run ${runId} doesn't exist.`) : use(run)
    })

  const routes = [
    route('CreateVirtualCluster', 'POST', '/virtualclusters', ({ request: { body } }) => {
      const request = wireBody(body)
      const problem = clusterProblem(request)
      if (problem !== undefined) return problem
      const known = [...clusters.values()].find((one) => one.request.clientToken === request.clientToken)
      const cluster = known ?? newCluster(host.newId(), request)
      clusters.set(cluster.id, cluster)
      return result({ id: cluster.id, name: cluster.request.name, arn: cluster.arn })
    }),
    route('ListVirtualClusters', 'GET', '/virtualclusters', ({ request: { query } }) => {
      const states = query.getAll('states')
      const found = [...clusters.values()]
        .filter(({ state }) => states.length === 0 || states.includes(state))
        .filter((one) => isBetween(one.createdAtMs, query.get('createdAfter'), query.get('createdBefore')))
        .reverse()
      return restPage('virtualClusters', found.map(wireCluster), query)
    }),
    route('DescribeVirtualCluster', 'GET', '/virtualclusters/*', (_, [id]) =>
      withCluster(id, (cluster) => result({ virtualCluster: wireCluster(cluster) })),
    ),
    route('DeleteVirtualCluster', 'DELETE', '/virtualclusters/*', (_, [id]) =>
      withCluster(id, (cluster) => {
        if ([...cluster.runs.values()].some(({ hasEnded }) => !hasEnded))
          return invalid(`Virtual cluster ${id} has active job runs.`)
        cluster.state = 'TERMINATED'
        return result({ id })
      }),
    ),
    route('StartJobRun', 'POST', '/virtualclusters/*/jobruns', ({ request: { body }, identity }, [id]) =>
      withCluster(id, (cluster) => {
        const request = wireBody(body)
        const problem = jobRunProblem(request)
        if (problem !== undefined) return problem
        if (cluster.state !== 'RUNNING') return invalid(`Virtual cluster ${id} is ${cluster.state}.`)
        const known = [...cluster.runs.values()].find(
          (run) => run.request.clientToken === request.clientToken,
        )
        if (known !== undefined && !isDeepStrictEqual(known.request, request))
          return invalid('The client token was used for a job run with other parameters.')
        const run = known ?? new ContainerRun(cluster.id, cluster.arn, request, identity?.arn ?? '', host)
        cluster.runs.set(run.id, run)
        return result({ id: run.id, name: run.request.name, arn: run.arn, virtualClusterId: id })
      }),
    ),
    route('ListJobRuns', 'GET', '/virtualclusters/*/jobruns', ({ request: { query } }, [id]) =>
      withCluster(id, ({ runs }) => {
        const states = query.getAll('states')
        const name = query.get('name')
        const found = [...runs.values()]
          .filter(({ state }) => states.length === 0 || states.includes(state))
          .filter(({ request }) => name === null || request.name === name)
          .filter((run) => isBetween(run.createdAtMs, query.get('createdAfter'), query.get('createdBefore')))
          .reverse()
        return restPage(
          'jobRuns',
          found.map((run) => run.wireRun()),
          query,
        )
      }),
    ),
    route('DescribeJobRun', 'GET', '/virtualclusters/*/jobruns/*', (_, ids) =>
      withRun(ids, (run) => result({ jobRun: run.wireRun() })),
    ),
    route('CancelJobRun', 'DELETE', '/virtualclusters/*/jobruns/*', (_, ids) =>
      withRun(ids, (run) => {
        if (run.hasEnded) return invalid(`Job run ${run.id} is not in a cancellable state.`)
        run.cancel()
        return result({ id: run.id, virtualClusterId: ids[0] })
      }),
    ),
    ...tagRoutes(
      () => [...clusters.values()].flatMap((cluster) => [cluster, ...cluster.runs.values()]),
      (arn) => notFound(`Resource ${arn} doesn't exist.`),
    ),
  ]

  const newCluster = (id: string, request: WireRecord): VirtualCluster => ({
    id,
    arn: arnOf(`virtualclusters/${id}`),
    tags: new Map(Object.entries(wireMap(request.tags))),
    request,
    createdAtMs: Date.now(),
    runs: new Map(),
    state: 'RUNNING',
  })

  return {
    signingName: 'emr-containers',
    protocol: restJson,
    route: (request) => firstOf(routes, request),
    close: async () => {
      const runs = [...clusters.values()].flatMap((cluster) => [...cluster.runs.values()])
      await Promise.all(runs.map((run) => run.close()))
    },
  }
}

function wireCluster({ id, arn, request, state, createdAtMs, tags }: VirtualCluster) {
  const { name, containerProvider, securityConfigurationId } = request
  return {
    id,
    name,
    arn,
    state,
    containerProvider,
    createdAt: new Date(createdAtMs).toISOString(),
    tags: Object.fromEntries(tags),
    securityConfigurationId,
  }
}
