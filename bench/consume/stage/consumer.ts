import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { TidewaterError } from '@tidewater/core'
import { netflowSchema } from '@tidewater/producer/sample'
import type { Toolchain } from '@tidewater/testkit'
import type { Contender } from '../contenders.js'
import type { Run } from '../run.js'

const jobsFolder = fileURLToPath(new URL('../jobs', import.meta.url))
const sparkFolder = fileURLToPath(new URL('../../../spark', import.meta.url))

export interface ConsumerPlace {
  readonly toolchain: Toolchain
  readonly brokers: string
  readonly topic: string
  readonly cores: number
  /** A folder of its own. */
  readonly folder: string
}

export interface Consumer {
  /** Consumes the whole topic into a new table. @throws TidewaterError `PROCESS_FAILED` with the end of its log */
  consume(table: string): Promise<Run>
  close(): Promise<void>
}

/** Starts a contender's JVM. @throws TidewaterError `PROCESS_FAILED` */
export async function startConsumer(contender: Contender, place: ConsumerPlace): Promise<Consumer> {
  const { toolchain, folder } = place
  const logFile = join(folder, 'spark.log')
  const settingsFile = join(folder, 'settings.json')
  await writeConf(contender, place)
  await writeFile(
    settingsFile,
    JSON.stringify({
      brokers: place.brokers,
      topic: place.topic,
      schema: netflowSchema.definition,
      warehouse: join(folder, 'warehouse'),
      checkpoints: join(folder, 'checkpoints'),
      compiled: contender.compiled,
      ...contender.settings,
    }),
  )
  const log = openSync(logFile, 'w')
  const python = spawn(toolchain.python ?? '', [join(jobsFolder, 'consumer.py'), settingsFile], {
    cwd: folder,
    stdio: ['pipe', 'pipe', log],
    env: {
      ...process.env,
      PYTHONPATH: sparkFolder,
      PYTHONDONTWRITEBYTECODE: '1',
      SPARK_CONF_DIR: folder,
      SPARK_LOCAL_DIRS: join(folder, 'scratch'),
      SPARK_LOCAL_IP: '127.0.0.1',
    },
  })
  closeSync(log)
  const ended = new Promise<void>((resolve) => python.once('close', () => resolve()))
  const answers = createInterface({ input: python.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await answers.next()
    if (done !== true) return JSON.parse(value)
    const lines = (await readFile(logFile, 'utf8')).trim().split('\n')
    throw new TidewaterError('PROCESS_FAILED', `${contender.name}: ${lines.slice(-12).join('\n')}`)
  }
  await answer()
  return {
    async consume(table) {
      python.stdin?.write(`${table}\n`)
      return (await answer()) as Run
    },
    close: () => end(python, ended),
  }
}

/** Its JVM ends with it: at the end of its standard input, which Python holds. */
async function end(python: ChildProcess, ended: Promise<void>): Promise<void> {
  const patienceMs = 60_000
  python.stdin?.end()
  const timer = setTimeout(() => python.kill('SIGKILL'), patienceMs)
  await ended
  clearTimeout(timer)
}

async function writeConf(
  { compiled }: Contender,
  { toolchain, folder, cores }: ConsumerPlace,
): Promise<void> {
  const jars = [toolchain.sparkJarsFolder, ...(compiled ? [toolchain.sparkDecoderJarsFolder] : [])]
  const conf = {
    'spark.master': `local[${cores}]`,
    'spark.driver.memory': '1g',
    // The compilers' CPU time is told apart by thread, so theirs must not come and go.
    'spark.driver.extraJavaOptions': '-XX:-UseDynamicNumberOfCompilerThreads',
    'spark.driver.extraClassPath': jars.map((one) => join(one ?? '', '*')).join(delimiter),
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.sql.shuffle.partitions': String(cores),
  }
  for (const name of ['warehouse', 'checkpoints', 'scratch'])
    await mkdir(join(folder, name), { recursive: true })
  const lines = Object.entries(conf).map(([key, value]) => `${key} ${value}\n`)
  await writeFile(join(folder, 'spark-defaults.conf'), lines.join(''))
  const log4j = {
    'rootLogger.level': 'error',
    'rootLogger.appenderRef.stderr.ref': 'stderr',
    'appender.stderr.type': 'Console',
    'appender.stderr.name': 'stderr',
    'appender.stderr.target': 'SYSTEM_ERR',
    'appender.stderr.layout.type': 'PatternLayout',
    'appender.stderr.layout.pattern': '%d %p %c{1}: %m%n%ex',
  }
  await writeFile(
    join(folder, 'log4j2.properties'),
    Object.entries(log4j)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(''),
  )
}
