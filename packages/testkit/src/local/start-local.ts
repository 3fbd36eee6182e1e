import { parseConfig, TidewaterError } from '@tidewater/core'
import { ownedStackAccount } from '../aws/account.js'
import type { AwsOptions } from '../aws/aws-options.js'
import { type AwsStack, type RunningAwsStack, startAwsStack } from '../aws/aws-stack.js'
import { mskOfStack } from '../aws/local-aws.js'
import type { OnProgress } from '../progress.js'
import { runSparkModule } from '../spark/run-spark-module.js'
import type { SparkEvent, SparkModuleOptions, SparkRun } from '../spark/types.js'
import { resolveToolchainOptions } from '../toolchain/toolchain.js'
import { type BootedStack, bootStack, namesLog } from './boot.js'
import { brokerControl, type LocalBroker } from './broker-control.js'
import { stopTogether } from './cluster.js'
import { type LocalIam, localIam } from './iam/local-iam.js'
import type { IamOptions } from './iam/options.js'
import { type LocalStackConfig, type LocalStackInput, localStackSchema } from './options.js'
import { endsWithItsProcess } from './proxies.js'
import { removeStackRecord } from './stack-state.js'
import { leaveAll, removeAll } from './state-folder.js'

export interface StartLocalOptions extends LocalStackInput {
  /** Called with each sign of life of a slow step. */
  readonly onProgress?: OnProgress
  /** Gives up the start; nothing stays behind. It does not stop a stack that has started. */
  readonly signal?: AbortSignal
  /** Environment of the tools and processes started. Default: this process's own. */
  readonly env?: NodeJS.ProcessEnv
}

/** What a Spark module is run with on a stack, which brings state folder and resources. */
export type StackSparkOptions<E extends SparkEvent> = Omit<
  SparkModuleOptions<E>,
  'stateFolder' | 'cacheFolder' | 'env'
>

/** A running local stack. It ends with this process, however that ends. */
export interface LocalStack extends AsyncDisposable {
  /** `127.0.0.1:<port>` of every broker, with commas between, for any Kafka client. */
  readonly bootstrapBrokers: string
  /** Data, logs and configuration of everything in the stack. */
  readonly stateFolder: string
  /** Folder for an Iceberg catalog of type hadoop. */
  readonly warehouseFolder: string
  /** Every broker, the first one first. */
  readonly brokers: readonly LocalBroker[]
  /** The first of `brokers`, by default the only one. */
  readonly broker: LocalBroker
  /** The IAM listener; undefined unless it was asked for. */
  readonly iam: LocalIam | undefined
  /** AWS's services; undefined unless they were asked for. */
  readonly aws: AwsStack | undefined
  /** Runs a Python module on Spark; see {@link runSparkModule}. The stack's stop ends it. */
  runSparkModule<E extends SparkEvent = SparkEvent>(options: StackSparkOptions<E>): Promise<SparkRun<E>>
  /** Ends the Spark runs and the brokers, then removes a temporary state folder. Safe to call again. */
  stop(options?: StopOptions): Promise<void>
  /**
   * Lets the brokers outlive this process, with its state folder, until `stopLocal(stateFolder)` or `tidewater local down`.
   * Spark runs still end with this process. `stop()` works as before.
   *
   * @throws TidewaterError `STACK_NOT_RUNNING`; `CONFIG_INVALID` with `proxied` or `aws`: they end with this process
   */
  detach(): Promise<void>
}

/** A stack that was started with `iam`. */
export type LocalIamStack = LocalStack & { readonly iam: LocalIam }

/** A stack that was started with `aws`. */
export type LocalAwsStack = LocalStack & { readonly aws: AwsStack }

export interface StopOptions {
  /** Leave the state folder where it is, also a temporary one. Default: the `keep` that the stack was started with. */
  readonly keepStateFolder?: boolean
}

/**
 * Starts a real Apache Kafka 3.9 broker (KRaft, loopback only, no topic auto-creation) and resolves when it answers
 * metadata; with `brokers: 3` a cluster of three. The first call on a machine fetches Kafka's jars through Maven.
 *
 * With `iam` it has a second listener, SASL_SSL on `localhost`, that authenticates and authorizes as Amazon MSK does with
 * IAM; see {@link LocalStack.iam}. The first listener stays open to anybody on this machine.
 *
 * With `aws` it has AWS's services beside it; see {@link LocalStack.aws}. Their first start on a machine needs Python 3.10.
 *
 * No process outlives the caller's, not even when that is killed by SIGKILL; a temporary state folder goes with it.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PREREQUISITE_MISSING` | `PREREQUISITE_TOO_OLD`, `DOWNLOAD_FAILED`,
 *   `FOLDER_NOT_WRITABLE`, `PORT_IN_USE`, `STACK_ALREADY_RUNNING` (the state folder is in use), `PROCESS_FAILED`,
 *   `PROCESS_START_TIMEOUT`, `ABORTED`
 */
export function startLocal(
  options: StartLocalOptions & { readonly iam: true | IamOptions; readonly aws: true | AwsOptions },
): Promise<LocalIamStack & LocalAwsStack>
export function startLocal(
  options: StartLocalOptions & { readonly iam: true | IamOptions },
): Promise<LocalIamStack>
export function startLocal(
  options: StartLocalOptions & { readonly aws: true | AwsOptions },
): Promise<LocalAwsStack>
export function startLocal(options?: StartLocalOptions): Promise<LocalStack>
export async function startLocal(options: StartLocalOptions = {}): Promise<LocalStack> {
  const { onProgress, signal, env, ...input } = options
  const config = parseConfig(localStackSchema, input, 'options of startLocal')
  const toolchain = resolveToolchainOptions({
    ...(env === undefined ? {} : { env }),
    onProgress,
    signal,
  })
  const booted = await bootStack(config, 'attached', toolchain)
  const { record } = booted
  const sparkRuns = new Set<SparkRun<SparkEvent>>()
  let stopping: Promise<void> | undefined
  const controls = booted.brokers.map((one) =>
    brokerControl(one, record, config.stopTimeoutMs, () => requireNotStopped(stopping)),
  )
  const brokers = controls.map(({ broker }) => broker)
  const [first] = brokers
  if (first === undefined) throw new TidewaterError('INTERNAL', 'A stack has at least one broker')

  const iam = iamOf(booted, config, () => requireNotStopped(stopping))
  let aws: RunningAwsStack | undefined

  const stopAll = async (options: StopOptions) => {
    await Promise.all([aws?.close(), ...[...sparkRuns].map((run) => run.stop())])
    await stopTogether(brokers)
    for (const { proxy } of brokers) await proxy?.close()
    await removeStackRecord(record.stateFolder)
    if (options.keepStateFolder) leaveAll(booted.disposables)
    else await removeAll(booted.disposables)
  }

  const stop = (options: StopOptions = {}) => {
    stopping ??= stopAll(options)
    return stopping
  }

  if (config.aws !== undefined) {
    try {
      aws = await startAwsStack({
        stateFolder: record.stateFolder,
        config: config.aws,
        spark: config.spark,
        toolchain,
        ...(iam === undefined
          ? {}
          : {
              account: ownedStackAccount(iam, config.iam?.users.map(({ name }) => name) ?? []),
              services: [mskOfStack(iam)],
            }),
      })
    } catch (thrown) {
      await stop({ keepStateFolder: namesLog(thrown) })
      throw thrown
    }
  }

  return {
    iam,
    aws,
    bootstrapBrokers: record.bootstrapBrokers,
    stateFolder: record.stateFolder,
    warehouseFolder: record.warehouseFolder,
    brokers,
    broker: first,
    async runSparkModule<E extends SparkEvent>(sparkOptions: StackSparkOptions<E>) {
      requireNotStopped(stopping)
      const run = await runSparkModule<E>({
        ...config.spark,
        ...sparkOptions,
        stateFolder: record.stateFolder,
        cacheFolder: toolchain.cacheFolder,
        env: toolchain.env,
      })
      sparkRuns.add(run)
      void run.ended.then(() => sparkRuns.delete(run))
      return run
    },
    stop,
    async detach() {
      requireNotStopped(stopping)
      if (config.proxied) throw endsWithItsProcess('proxied')
      if (config.aws !== undefined) throw endsWithItsProcess('aws')
      if (!brokers.some(({ isRunning }) => isRunning)) throw notRunning('The Kafka broker is not running')
      await booted.recordDetached()
      for (const { release } of controls) release()
      leaveAll(booted.disposables)
    },
    [Symbol.asyncDispose]: () => stop(),
  }
}

function iamOf(
  { iam, record }: BootedStack,
  config: LocalStackConfig,
  requireRunning: () => void,
): LocalIam | undefined {
  if (iam === undefined || record.iam === undefined) return undefined
  return localIam(record.iam, iam.paths, iam.document, config.iam?.roles ?? [], requireRunning)
}

function requireNotStopped(stopping: Promise<void> | undefined): void {
  if (stopping === undefined) return
  throw notRunning('The local stack was stopped')
}

function notRunning(message: string): TidewaterError {
  return new TidewaterError('STACK_NOT_RUNNING', message, { remedy: 'Call startLocal() for a new stack.' })
}
