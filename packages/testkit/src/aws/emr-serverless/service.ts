import { restJson } from '../rest-json.js'
import { firstOf, route } from '../rest-route.js'
import { type AwsFault, type AwsOutcome, type AwsService, result } from '../service.js'
import { pageOf, wireBody, wireMap } from '../wire-values.js'
import { ServerlessApplication } from './application.js'
import type { ServerlessHost, ServerlessRun } from './job-run.js'
import {
  applicationProblem,
  conflict,
  graceBoundsSeconds,
  jobRunProblem,
  notFound,
  rangeProblem,
} from './validation.js'

const pageSize = 50

/** EMR Serverless without servers but this machine. */
export function emrServerlessService(host: ServerlessHost): AwsService & { close(): Promise<void> } {
  const applications = new Map<string, ServerlessApplication>()
  const byToken = new Map<string, ServerlessApplication>()

  const withApplication = (
    id: string | undefined,
    use: (application: ServerlessApplication) => AwsOutcome,
  ): AwsOutcome => {
    const application = applications.get(id ?? '')
    return application === undefined ? notFound(`Application ${id} does not exist`) : use(application)
  }
  const withRun = (
    [applicationId, runId = '']: readonly string[],
    use: (run: ServerlessRun) => AwsOutcome,
  ): AwsOutcome =>
    withApplication(applicationId, ({ runs }) => {
      const run = runs.get(runId)
      return run === undefined ? notFound(`Job run ${runId} does not exist`) : use(run)
    })
  const withTags = (arn: string | undefined, use: (tags: Map<string, string>) => AwsOutcome): AwsOutcome => {
    const all = [...applications.values()].flatMap((application) => [
      application,
      ...application.runs.values(),
    ])
    const found = all.find((resource) => resource.arn === arn)
    return found === undefined ? notFound(`Resource ${arn} does not exist`) : use(found.tags)
  }
  const page = (field: string, items: readonly unknown[], query: URLSearchParams): AwsOutcome => {
    const size = Math.min(pageSize, Number(query.get('maxResults') ?? pageSize))
    const { items: found, next } = pageOf(items, query.get('nextToken') ?? undefined, size)
    return result({ [field]: found, nextToken: next })
  }

  const routes = [
    route('CreateApplication', 'POST', '/applications', ({ request: { body } }) => {
      const request = wireBody(body)
      const problem = applicationProblem(request)
      if (problem !== undefined) return problem
      const token = String(request.clientToken)
      const application = byToken.get(token) ?? new ServerlessApplication(request, host)
      applications.set(application.id, application)
      byToken.set(token, application)
      return result({ applicationId: application.id, name: application.request.name, arn: application.arn })
    }),
    route('ListApplications', 'GET', '/applications', ({ request: { query } }) => {
      const states = query.getAll('states')
      const found = [...applications.values()].filter(
        ({ state }) => states.length === 0 || states.includes(state),
      )
      return page(
        'applications',
        found.map((application) => application.wireSummary()),
        query,
      )
    }),
    route('GetApplication', 'GET', '/applications/*', (_, [id]) =>
      withApplication(id, (application) => result({ application: application.wireApplication() })),
    ),
    route('UpdateApplication', 'PATCH', '/applications/*', ({ request: { body } }, [id]) =>
      withApplication(
        id,
        (application) =>
          application.update(wireBody(body)) ?? result({ application: application.wireApplication() }),
      ),
    ),
    route('DeleteApplication', 'DELETE', '/applications/*', (_, [id]) =>
      withApplication(id, (application) => application.terminate() ?? result({})),
    ),
    route('StartApplication', 'POST', '/applications/*/start', (_, [id]) =>
      withApplication(id, (application) => application.start() ?? result({})),
    ),
    route('StopApplication', 'POST', '/applications/*/stop', (_, [id]) =>
      withApplication(id, (application) => application.stop() ?? result({})),
    ),
    route('StartJobRun', 'POST', '/applications/*/jobruns', ({ request: { body }, identity }, [id]) =>
      withApplication(id, (application) => {
        const request = wireBody(body)
        const problem = jobRunProblem(request)
        if (problem !== undefined) return problem
        const run = application.startRun(request, identity?.arn ?? '')
        if (isFault(run)) return run
        return result({ applicationId: application.id, jobRunId: run.id, arn: run.arn })
      }),
    ),
    route('ListJobRuns', 'GET', '/applications/*/jobruns', ({ request: { query } }, [id]) =>
      withApplication(id, ({ runs }) => {
        const states = query.getAll('states')
        const mode = query.get('mode')
        const after = Date.parse(query.get('createdAtAfter') ?? '') || 0
        const before = Date.parse(query.get('createdAtBefore') ?? '') || Number.MAX_SAFE_INTEGER
        const found = [...runs.values()]
          .filter((run) => states.length === 0 || states.includes(run.state))
          .filter((run) => mode === null || mode === run.mode)
          .filter(({ createdAtMs }) => createdAtMs >= after && createdAtMs <= before)
          .reverse()
        return page(
          'jobRuns',
          found.map((run) => run.wireSummary()),
          query,
        )
      }),
    ),
    route('GetJobRun', 'GET', '/applications/*/jobruns/*', ({ request: { query } }, ids) =>
      withRun(ids, (run) => {
        const attempt = query.get('attempt')
        const jobRun = run.wireRun(attempt === null ? undefined : Number(attempt))
        return jobRun === undefined ? notFound(`Attempt ${attempt} does not exist`) : result({ jobRun })
      }),
    ),
    route('ListJobRunAttempts', 'GET', '/applications/*/jobruns/*/attempts', ({ request: { query } }, ids) =>
      withRun(ids, (run) => page('jobRunAttempts', run.wireAttempts(), query)),
    ),
    route('CancelJobRun', 'DELETE', '/applications/*/jobruns/*', ({ request: { query } }, ids) =>
      withRun(ids, (run) => {
        const name = 'shutdownGracePeriodInSeconds'
        const given = query.get(name)
        const seconds = given === null ? undefined : Number(given)
        const problem = rangeProblem(name, seconds, graceBoundsSeconds.min, graceBoundsSeconds.max)
        if (problem !== undefined) return problem
        if (run.hasEnded) return conflict(`Job run ${run.id} is ${run.state} and cannot be cancelled.`)
        run.cancel(seconds)
        return result({ applicationId: ids[0], jobRunId: run.id })
      }),
    ),
    route('ListTagsForResource', 'GET', '/tags/*', (_, [arn]) =>
      withTags(arn, (tags) => result({ tags: Object.fromEntries(tags) })),
    ),
    route('TagResource', 'POST', '/tags/*', ({ request: { body } }, [arn]) =>
      withTags(arn, (tags) => {
        for (const [key, value] of Object.entries(wireMap(wireBody(body).tags))) tags.set(key, value)
        return result({})
      }),
    ),
    route('UntagResource', 'DELETE', '/tags/*', ({ request: { query } }, [arn]) =>
      withTags(arn, (tags) => {
        for (const key of query.getAll('tagKeys')) tags.delete(key)
        return result({})
      }),
    ),
  ]

  return {
    signingName: 'emr-serverless',
    protocol: restJson,
    route: (request) => firstOf(routes, request),
    close: async () => {
      await Promise.all([...applications.values()].map((application) => application.close()))
    },
  }
}

function isFault(value: ServerlessRun | AwsFault): value is AwsFault {
  return 'kind' in value
}
