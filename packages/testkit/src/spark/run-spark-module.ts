import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseConfig, type TidewaterError, throwIfAborted } from '@tidewater/core'
import { quotedWord } from '../jvm-options.js'
import { sparkResourcesSchema } from '../local/options.js'
import { sparkPackageFolder } from '../package-folders.js'
import { type ProcessExit, type SupervisedProcess, supervise } from '../supervisor/supervise.js'
import { requireWritableFolder } from '../toolchain/writable-folder.js'
import { EventQueue } from './event-queue.js'
import { failureOf, parseEvent } from './events.js'
import { prepareSpark } from './prepare-spark.js'
import { renderLog4j2Properties, renderSparkDefaults, sparkEnvironment, sparkPaths } from './spark-files.js'
import type { SparkEvent, SparkExit, SparkModuleOptions, SparkRun } from './types.js'

const keptEvents = 10_000
const defaultStopTimeoutMs = 60_000

/**
 * Runs a Python module on a real Spark 3.5.7 on this machine, with the Kafka and Avro connectors and Iceberg on its class
 * path. Resolves when Python has been started. The first call on a machine fetches what Spark needs.
 *
 * Neither Python nor Spark's JVM outlives this process, not even when that is killed by SIGKILL.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PREREQUISITE_MISSING` | `PREREQUISITE_TOO_OLD`, `DOWNLOAD_FAILED`,
 *   `FOLDER_NOT_WRITABLE`, `PROCESS_FAILED` (could not be started), `ABORTED`
 */
export async function runSparkModule<E extends SparkEvent = SparkEvent>(
  options: SparkModuleOptions<E>,
): Promise<SparkRun<E>> {
  return (await startSparkModule(options, false)).run
}

/** The same, with a way to write to its standard input when it takes lines from it. */
export async function startSparkModule<E extends SparkEvent>(
  options: SparkModuleOptions<E>,
  takesLines: boolean,
): Promise<{ readonly run: SparkRun<E>; readonly send: SupervisedProcess['send'] }> {
  throwIfAborted(options.signal)
  const { cores, driverMemoryMb } = options
  const resources = parseConfig(
    sparkResourcesSchema,
    {
      ...(cores === undefined ? {} : { cores }),
      ...(driverMemoryMb === undefined ? {} : { driverMemoryMb }),
    },
    'Spark resources',
  )
  const env = options.env ?? process.env
  const { python, jarsFolders, classes } = await prepareSpark({ ...options, env })
  const plan = {
    stateFolder: resolve(options.stateFolder),
    runName: `${options.module.split('.').at(-1)}-${randomUUID().slice(0, 8)}`,
    jarsFolders,
    classes,
    ...resources,
    sparkConf: options.sparkConf ?? {},
  }
  const paths = sparkPaths(plan)
  await requireWritableFolder(plan.stateFolder, 'state folder', 'Choose another stateFolder.')
  await mkdir(paths.scratchFolder, { recursive: true })
  await writeFile(paths.defaultsFile, renderSparkDefaults(plan))
  await writeFile(paths.log4jFile, renderLog4j2Properties())

  const queue = new EventQueue<E>(keptEvents)
  let failure: TidewaterError | undefined
  // Fires when the caller's own callback throws: its error must reach wait(), not the stream the event came from.
  const broken = new AbortController()
  const pythonProcess = await supervise({
    name: `Spark module ${options.module}`,
    command: python,
    args: ['-m', options.module, ...(options.args ?? [])],
    cwd: paths.runFolder,
    env: {
      ...sparkEnvironment(env, plan, {
        command: python,
        path: [...(options.pythonPath ?? []).map((folder) => resolve(folder)), sparkPackageFolder()],
      }),
      PYSPARK_SUBMIT_ARGS: `--properties-file ${quotedWord(paths.defaultsFile)} pyspark-shell`,
    },
    logFile: paths.logFile,
    takesLines,
    onStdoutLine: (line) => {
      const event = parseEvent(line)
      if (event === undefined) {
        // A stray print of some library: kept where its author will look for it.
        appendFileSync(paths.logFile, `${line}\n`)
        return
      }
      failure = failureOf(event, options.module, paths.logFile) ?? failure
      queue.push(event as E)
      try {
        options.onEvent?.(event as E)
      } catch (thrown) {
        broken.abort(thrown)
      }
    },
  })
  const run = sparkRun(pythonProcess, queue, options, broken.signal, () => failure)
  return { run, send: pythonProcess.send }
}

function sparkRun<E extends SparkEvent>(
  python: SupervisedProcess,
  queue: EventQueue<E>,
  options: SparkModuleOptions<E>,
  broken: AbortSignal,
  failure: () => TidewaterError | undefined,
): SparkRun<E> {
  let asked: 'stop' | 'kill' | undefined
  const stop = () => {
    asked ??= 'stop'
    return python.stop(options.stopTimeoutMs ?? defaultStopTimeoutMs)
  }
  const abort = () => void stop()
  for (const signal of [options.signal, broken]) {
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
  }
  const ended = python.ended.then(() => {
    options.signal?.removeEventListener('abort', abort)
    queue.close()
  })
  return {
    pid: python.pid,
    logFile: python.logFile,
    events: queue,
    ended,
    async wait() {
      const exit = await python.ended
      throwIfAborted(options.signal)
      if (broken.aborted) throw broken.reason
      const outcome = outcomeOf(exit, asked)
      if (outcome === undefined) throw failure() ?? (await python.failure('failed'))
      return { outcome, exitCode: exit.code, signal: exit.signal }
    },
    stop,
    async kill() {
      asked = 'kill'
      await python.kill()
    },
  }
}

/** Undefined for an end that nobody asked for. Pure. */
export function outcomeOf(
  exit: ProcessExit,
  asked: 'stop' | 'kill' | undefined,
): SparkExit['outcome'] | undefined {
  if (exit.code === 0) return asked === undefined ? 'completed' : 'stopped'
  // A module without a handler of its own ends by the signal itself; 143 is the shell's way of saying the same.
  if (asked === 'stop' && (exit.signal === 'SIGTERM' || exit.code === 143)) return 'stopped'
  // Also a stop whose time ran out: stop() has told so.
  if (asked !== undefined && exit.signal === 'SIGKILL') return 'killed'
  return undefined
}
