import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { loopbackHost } from '../../local/loopback.js'
import type { SparkResources } from '../../local/options.js'
import { prepareSpark } from '../../spark/prepare-spark.js'
import { renderLog4j2Properties, sparkEnvironment, sparkPaths } from '../../spark/spark-files.js'
import { type ProcessExit, type SupervisedProcess, supervise } from '../../supervisor/supervise.js'
import type { ToolchainOptions } from '../../toolchain/jars.js'
import { startContainerCredentials } from '../container-credentials.js'
import type { IssueCredentials } from '../temporary-credentials.js'
import { localSubmit } from './spark-submit.js'

/** Longest wait of a cancelled run for its end, where the service has no bound of its own. */
const unboundedGraceMs = 24 * 3_600_000

export interface JobSpec {
  /** The service's id of the run; its folder is named by it. */
  readonly id: string
  /** `spark-submit`, or a program on PATH. */
  readonly command: string
  readonly args: readonly string[]
  /** Whose credentials it gets. */
  readonly roleArn: string
  readonly sparkDefaults: Readonly<Record<string, string>>
}

export interface StartedJob {
  readonly stdoutFile: string
  readonly stderrFile: string
  readonly isClusterMode: boolean
  /** Options of spark-submit that have no meaning here. */
  readonly droppedOptions: readonly string[]
  readonly ended: Promise<ProcessExit>
  /** SIGTERM to every process of it, as when YARN or Kubernetes ends a container; SIGKILL after the grace. */
  interrupt(graceMs?: number): void
  kill(): void
}

/**
 * @throws TidewaterError `PROCESS_FAILED` when there is no such program
 */
export type StartJob = (spec: JobSpec) => Promise<StartedJob>

export interface JobHostOptions {
  readonly stateFolder: string
  readonly region: string
  /** Of all services but S3. */
  readonly endpointUrl: string
  /** Of the local S3 itself: objects need no second hop. */
  readonly s3Url: string
  readonly issue: IssueCredentials
  readonly spark: SparkResources
  readonly toolchain: ToolchainOptions
}

/** Starts what steps and runs consist of, each as a process group of its own that ends with this process. */
export function jobHost(options: JobHostOptions): StartJob {
  return async (spec) => {
    const { stateFolder, issue } = options
    const paths = sparkPaths({ stateFolder, runName: spec.id })
    await mkdir(paths.scratchFolder, { recursive: true })
    const credentials = await startContainerCredentials({
      issue,
      roleArn: spec.roleArn,
      sessionName: spec.id,
    })
    const files = {
      stdoutFile: join(paths.runFolder, 'stdout'),
      stderrFile: join(paths.runFolder, 'stderr'),
    }
    try {
      const { command, args, env, ...submitted } = await planCommand(spec, options)
      // They are there when the run starts, also while it writes nothing.
      for (const file of Object.values(files)) await writeFile(file, '')
      const process = await supervise({
        name: `${spec.command} of ${spec.id}`,
        command,
        args,
        cwd: paths.scratchFolder,
        env: { ...env, ...awsEnvironment(options), ...credentials.env },
        logFile: files.stderrFile,
        stdoutFile: files.stdoutFile,
      })
      void process.ended.then(() => credentials.close())
      return { ...files, ...submitted, ...controls(process) }
    } catch (thrown) {
      await credentials.close()
      throw thrown
    }
  }
}

function controls(process: SupervisedProcess): Pick<StartedJob, 'ended' | 'interrupt' | 'kill'> {
  return {
    ended: process.ended,
    interrupt: (graceMs = unboundedGraceMs) => {
      process.interrupt()
      const timer = setTimeout(() => void process.kill(), graceMs)
      timer.unref()
      void process.ended.then(() => clearTimeout(timer))
    },
    kill: () => void process.kill(),
  }
}

async function planCommand(spec: JobSpec, options: JobHostOptions) {
  const { toolchain, spark } = options
  const env = withoutAws(toolchain.env)
  if (basename(spec.command) !== 'spark-submit') {
    return { command: spec.command, args: spec.args, env, isClusterMode: false, droppedOptions: [] }
  }
  const { python, jarsFolders, classes } = await prepareSpark({
    ...toolchain,
    withAws: true,
    // As on EMR: a job brings its own.
    withDecoder: false,
  })
  const submit = localSubmit(spec.args, {
    ...spark,
    s3Url: options.s3Url,
    region: options.region,
    host: loopbackHost,
    defaults: spec.sparkDefaults,
  })
  const plan = {
    stateFolder: options.stateFolder,
    runName: spec.id,
    jarsFolders,
    classes,
    sparkConf: {},
    ...spark,
  }
  await writeFile(sparkPaths(plan).log4jFile, renderLog4j2Properties())
  return {
    command: join(dirname(python), 'spark-submit'),
    args: submit.args,
    env: sparkEnvironment(env, plan, { command: python, path: [] }),
    isClusterMode: submit.isClusterMode,
    droppedOptions: submit.dropped,
  }
}

/** What a job finds on AWS's machines: endpoints and region. Credentials come from its role. */
function awsEnvironment({ region, endpointUrl, s3Url }: JobHostOptions): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_EC2_METADATA_DISABLED: 'true',
    // It would be the first thing in every driver's log.
    AWS_JAVA_V1_DISABLE_DEPRECATION_ANNOUNCEMENT: 'true',
  }
}

function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')))
}
