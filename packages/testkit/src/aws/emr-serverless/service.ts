import { restJson } from '../rest-json.js'
import { isBetween, restPage, tagRoutes } from '../rest-lists.js'
import { firstOf, route } from '../rest-route.js'
import { type AwsFault, type AwsOutcome, type AwsService, result } from '../service.js'
import { wireBody } from '../wire-values.js'
import { ServerlessApplication } from './application.js'
import type { ServerlessHost, ServerlessRun } from './job-run.js'
import { wireAttempt, wireRun, wireRunSummary } from './run-wire.js'
import {
  applicationProblem,
  conflict,
  graceBoundsSeconds,
  jobRunProblem,
  notFound,
  rangeProblem,
} from './validation.js'

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
      return restPage(
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
        const found = [...runs.values()]
          .filter((run) => states.length === 0 || states.includes(run.state))
          .filter((run) => mode === null || mode === run.mode)
          .filter(({ createdAtMs }) =>
            isBetween(createdAtMs, query.get('createdAtAfter'), query.get('createdAtBefore')),
          )
          .reverse()
        return restPage(
          'jobRuns',
          found.map((run) => wireRunSummary(run)),
          query,
        )
      }),
    ),
    route('GetJobRun', 'GET', '/applications/*/jobruns/*', ({ request: { query }, nowMs }, ids) =>
      withRun(ids, (run) => {
        const number = query.get('attempt')
        const attempt = number === null ? run.latest : run.attempts[Number(number) - 1]
        return attempt === undefined
          ? notFound(`Attempt ${number} does not exist`)
          : result({ jobRun: wireRun(run, attempt, nowMs) })
      }),
    ),
    route('ListJobRunAttempts', 'GET', '/applications/*/jobruns/*/attempts', ({ request: { query } }, ids) =>
      withRun(ids, (run) =>
        restPage(
          'jobRunAttempts',
          [...run.attempts].reverse().map((attempt) => wireAttempt(run, attempt)),
          query,
        ),
      ),
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
    ...tagRoutes(
      () => [...applications.values()].flatMap((application) => [application, ...application.runs.values()]),
      (arn) => notFound(`Resource ${arn} does not exist`),
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
