import { mkdir, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { abortableSleep, TidewaterError } from '@tidewater/core'
import { identifyProcess, isRunning, type ProcessIdentity } from '@tidewater/core/processes'
import { fileStore, parseLocation } from '@tidewater/core/storage'
import { identityOfLabel, labelOf } from '../identity.js'
import {
  hasEnded,
  type JobStatus,
  type JobTarget,
  type Submission,
  type TargetCall,
  type TargetRun,
} from '../port.js'
import { confArguments, quoted } from '../spark-submit.js'
import { notFound } from '../status-watch.js'
import { pidIn, readText, signal, startDetached, writeMark } from './local-process.js'
import { localStatus } from './local-state.js'

export interface LocalTargetOptions {
  /** Folder for what runs here: all who want to find each other's runs name the same one. */
  readonly stateFolder: string
  /** A Python with PySpark. Default `python3`. */
  readonly python?: string
  /** Settings of Spark on this machine, such as its master; a job's own win. Default none. */
  readonly sparkConf?: Readonly<Record<string, string>>
  /** Environment of the runs. Default: this process's own, without other set-ups of Spark and Python. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Spark's own variables, such as SPARK_DIST_CLASSPATH, which `env` does not bring along. Default none. */
  readonly sparkEnv?: Readonly<Record<string, string>>
}

/** What a run's folder keeps of its submission. */
interface RunRecord {
  readonly version: 1
  readonly label: string
  readonly documentLocation: string
  readonly submittedAtMs: number
  /** Writes down the watcher once it has started it; when it is gone before that, the watcher's own pid must do. */
  readonly submitter: ProcessIdentity
}

const recordFile = 'run.json'
const watcherFile = 'watcher.json'
const startPollMs = 10
/** For how long after an exit its process group is looked at: later its number may be another one's. */
const leftBehindMs = 600_000

const logBytes = 65_536
// What a user's own Spark or Python set-up would change about the run.
const foreignVariables =
  /^(SPARK_|PYSPARK_|PYTHON|HADOOP_CONF_DIR$|HADOOP_HOME$|HADOOP_CLASSPATH$|YARN_CONF_DIR$|VIRTUAL_ENV$)/

/**
 * Spark on this machine. A run is a process of its own that outlives its submitter; its state lies in a folder, where any
 * process finds it: `<stateFolder>/runs/<job>/<run>/` with its record, its output and its exit code.
 */
export function localTarget(options: LocalTargetOptions): JobTarget {
  const runsFolder = join(resolve(options.stateFolder), 'runs')
  const folderOf = (id: string) => {
    // Ids come from callers, and `..` would lead elsewhere.
    if (!/^[\w.-]+\/[\w.-]+$/.test(id) || id.split('/').some((part) => /^\.+$/.test(part)))
      throw notFound(id, target)
    return join(runsFolder, id)
  }
  const read = async (id: string): Promise<TargetRun | undefined> => {
    const folder = folderOf(id)
    const record = await readRecord(folder)
    const identity = record === undefined ? undefined : identityOfLabel(record.label)
    if (record === undefined || identity === undefined) return undefined
    const { documentLocation } = record
    return { id, identity, documentLocation, status: await statusIn(folder, record) }
  }
  const required = async (id: string) => {
    const run = await read(id)
    if (run === undefined) throw notFound(id, target)
    return { ...run, folder: folderOf(id) }
  }

  /** A run that has its process, or had it: before that there is nothing to signal. */
  const started = async (id: string, call: TargetCall | undefined) => {
    for (;;) {
      const run = await required(id)
      if (run.status.state !== 'pending') return run
      await abortableSleep(startPollMs, call?.signal)
    }
  }

  const target: JobTarget = {
    type: 'local',
    place: `this machine (${runsFolder})`,
    pace: { intervalMs: 500, maxIntervalMs: 5_000 },
    takesTokens: false,
    async find(job) {
      const names = await readdir(join(runsFolder, job)).catch(noneIfAbsent)
      const runs = await Promise.all(names.map((name) => read(`${job}/${name}`)))
      return runs
        .filter((run) => run !== undefined)
        .sort((one, other) => (other.status.submittedAtMs ?? 0) - (one.status.submittedAtMs ?? 0))
    },
    async submit(submission) {
      const id = `${submission.identity.job}/${submission.runId}`
      const folder = folderOf(id)
      const python = options.python ?? 'python3'
      await mkdir(folder, { recursive: true })
      const record: RunRecord = {
        version: 1,
        label: labelOf(submission.identity),
        documentLocation: submission.arguments[1],
        submittedAtMs: Date.now(),
        submitter: await thisProcess(),
      }
      // Before the process: one that nobody could find would be started a second time.
      await writeWhole(join(folder, recordFile), record)
      const watcher = await startDetached({
        folder,
        command: [python, localPath(submission.program), ...submission.arguments],
        env: environmentOf(submission, options, python, folder),
      })
      // Whoever finds it running can signal it.
      await untilNamed(folder, watcher)
      await writeWhole(join(folder, watcherFile), watcher)
      return id
    },
    describe: required,
    async statuses(ids) {
      const runs = await Promise.all(ids.map(read))
      return new Map(runs.flatMap((run): [string, JobStatus][] => (run ? [[run.id, run.status]] : [])))
    },
    async cancel(id, call) {
      const { folder, status } = await started(id, call)
      if (hasEnded(status)) return
      await writeMark(folder, 'end-asked')
      // All at once: a JVM that outlived Python for a moment could still commit.
      const watcher = await pidIn(folder, 'watcher.pid')
      if (watcher !== undefined) signal(-watcher, 'SIGKILL')
    },
    async requestStop(id, call) {
      const { folder, status } = await started(id, call)
      // A second signal would interrupt the micro-batch.
      if (hasEnded(status) || (await readText(join(folder, 'stop-asked'))) !== undefined) return
      await writeMark(folder, 'stop-asked')
      await writeMark(folder, 'end-asked')
      const pid = await pidIn(folder, 'python.pid')
      if (pid !== undefined) signal(pid, 'SIGTERM')
    },
    async log(id, stream, call) {
      const location = join(folderOf(id), stream)
      const found = await fileStore.get(location, { ...call, range: { lastBytes: logBytes } })
      return found === undefined ? undefined : { location, text: new TextDecoder().decode(found.bytes) }
    },
    close: () => undefined,
  }
  return target
}

async function statusIn(folder: string, record: RunRecord): Promise<JobStatus> {
  // In this order: what ends between two looks has left its exit code by the second.
  const watcher = await watcherIn(folder, record)
  const exit = await readText(join(folder, 'exit'))
  const endedAtMs = exit === undefined ? undefined : (await stat(join(folder, 'exit'))).mtimeMs
  const group = await pidIn(folder, 'watcher.pid')
  const isRecent = endedAtMs !== undefined && Date.now() - endedAtMs < leftBehindMs
  return localStatus({
    watcher,
    leftBehind: isRecent && group !== undefined && signal(-group, 0),
    exitCode: exit === undefined ? undefined : Number(exit),
    endWasAsked: (await readText(join(folder, 'end-asked'))) !== undefined,
    submittedAtMs: record.submittedAtMs,
    endedAtMs,
    logFile: join(folder, 'stderr'),
  })
}

async function watcherIn(folder: string, { submitter }: RunRecord): Promise<'starting' | 'running' | 'gone'> {
  const submitterRuns = await isRunning(submitter)
  const text = await readText(join(folder, watcherFile))
  if (text !== undefined) return (await isRunning(JSON.parse(text) as ProcessIdentity)) ? 'running' : 'gone'
  if (submitterRuns) return 'starting'
  const [pid, python] = await Promise.all([pidIn(folder, 'watcher.pid'), pidIn(folder, 'python.pid')])
  if (pid === undefined || (await identifyProcess(pid)) === undefined) return 'gone'
  return python === undefined ? 'starting' : 'running'
}

/** Until the watcher has written down Python's pid, or is gone without. */
async function untilNamed(folder: string, watcher: ProcessIdentity): Promise<void> {
  while ((await pidIn(folder, 'python.pid')) === undefined && (await isRunning(watcher)))
    await abortableSleep(startPollMs)
}

async function readRecord(folder: string): Promise<RunRecord | undefined> {
  const text = await readText(join(folder, recordFile))
  return text === undefined ? undefined : (JSON.parse(text) as RunRecord)
}

async function writeWhole(path: string, value: object): Promise<void> {
  await fileStore.put(path, new TextEncoder().encode(JSON.stringify(value, null, 2)))
}

async function thisProcess(): Promise<ProcessIdentity> {
  return (await identifyProcess(process.pid)) ?? { pid: process.pid, startedAt: 'unknown' }
}

function environmentOf(
  { sparkConf, archive }: Submission,
  options: LocalTargetOptions,
  python: string,
  folder: string,
): Record<string, string | undefined> {
  const env = options.env ?? process.env
  const conf = confArguments({ ...options.sparkConf, ...sparkConf })
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !foreignVariables.test(name))),
    PYTHONPATH: localPath(archive),
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYSPARK_PYTHON: python,
    PYSPARK_DRIVER_PYTHON: python,
    PYSPARK_SUBMIT_ARGS: [...conf, 'pyspark-shell'].map(quoted).join(' '),
    SPARK_LOCAL_DIRS: join(folder, 'scratch'),
    ...options.sparkEnv,
  }
}

function localPath(location: string): string {
  const parsed = parseLocation(location)
  if (parsed.type === 'file') return parsed.path
  throw new TidewaterError('CONFIG_INVALID', `${location} is not on this machine`, {
    remedy: 'Give the local target a stagingLocation that is an absolute path.',
  })
}

function noneIfAbsent(thrown: NodeJS.ErrnoException): string[] {
  if (thrown.code === 'ENOENT') return []
  throw thrown
}
