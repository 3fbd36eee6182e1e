import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { readLogTail } from '../../supervisor/log-tail.js'
import type { ProcessExit } from '../../supervisor/supervise.js'
import { failureReason } from '../jobs/failure-reason.js'
import { shipLogs } from '../jobs/log-shipper.js'
import { type JobOutcome, type RunningJob, runningJob } from '../jobs/running-job.js'
import type { StartedJob, StartJob } from '../jobs/start-job.js'
import type { LocalObjects } from '../objects.js'
import { clusterModeStderr, controllerLog, type StepLogKeys } from './step-logs.js'

export interface StepRunRequest {
  readonly clusterId: string
  readonly stepId: string
  readonly jar: string
  readonly args: readonly string[]
  readonly roleArn: string
  readonly sparkDefaults: Readonly<Record<string, string>>
  readonly applicationId: string
  /** Undefined for a cluster without a LogUri. */
  readonly logs: { readonly bucket: string; readonly keys: StepLogKeys } | undefined
}

export interface StepHost {
  readonly startJob: StartJob
  readonly objects: LocalObjects
  /** For the logs that no process writes. */
  readonly folder: string
}

const commandRunner = /(^|\/)command-runner\.jar$/
const longestMessage = 1_000

/** Runs a step as the agent on a cluster's primary node does. */
export function runStep(request: StepRunRequest, host: StepHost): RunningJob {
  return runningJob(
    () => startCommand(request, host.startJob),
    (job) => followJob(request, job, host),
  )
}

async function startCommand(request: StepRunRequest, startJob: StartJob): Promise<StartedJob> {
  const { stepId, jar, args, roleArn, sparkDefaults } = request
  const [command, ...rest] = args
  if (!commandRunner.test(jar))
    throw new TidewaterError('CONFIG_INVALID', `Only command-runner.jar runs here, not ${jar}`)
  if (command === undefined)
    throw new TidewaterError('CONFIG_INVALID', 'command-runner.jar was given no command')
  return startJob({ id: stepId, command, args: rest, roleArn, sparkDefaults })
}

async function followJob(request: StepRunRequest, job: StartedJob, host: StepHost): Promise<JobOutcome> {
  const { stepId, logs, applicationId, args } = request
  const own = (name: string) => join(host.folder, `${stepId}.${name}`)
  const writeController = (exit?: ProcessExit, exitCode?: number) =>
    writeFile(
      own('controller'),
      controllerLog({ command: args, droppedOptions: job.droppedOptions, exit, exitCode }),
    )
  // The driver's output is the step's own only where it runs in the client's place.
  const stderrFile = job.isClusterMode ? own('stderr') : job.stderrFile
  const stdoutFile = job.isClusterMode ? own('stdout') : job.stdoutFile
  await writeController()
  await writeFile(own('syslog'), '')
  if (job.isClusterMode) {
    await writeFile(own('stdout'), '')
    await writeFile(own('stderr'), clusterModeStderr(applicationId, undefined))
  }
  const shipper =
    logs &&
    shipLogs(
      [
        { file: own('controller'), key: logs.keys.step('controller') },
        { file: own('syslog'), key: logs.keys.step('syslog') },
        { file: stdoutFile, key: logs.keys.step('stdout') },
        { file: stderrFile, key: logs.keys.step('stderr') },
        ...(job.isClusterMode
          ? [
              { file: job.stdoutFile, key: logs.keys.container('stdout') },
              { file: job.stderrFile, key: logs.keys.container('stderr') },
            ]
          : []),
      ],
      logs.bucket,
      host.objects,
    )
  const exit = await job.ended
  // YARN's client ends with 1 whatever the driver's code was.
  const exitCode = exit.code === 0 ? 0 : job.isClusterMode ? 1 : (exit.code ?? 143)
  if (job.isClusterMode) await writeFile(own('stderr'), clusterModeStderr(applicationId, exit))
  await writeController(exit, exitCode)
  await shipper?.finish()
  const message = exitCode === 0 ? undefined : failureReason(await readLogTail(stderrFile, 400))
  return { exitCode, ...(message === undefined ? {} : { message: message.slice(0, longestMessage) }) }
}
