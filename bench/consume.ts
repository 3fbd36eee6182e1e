// Spark jobs from Kafka into Iceberg side by side: ours, the run book's, and what each of our settings does alone. One topic, the
// same cores, a JVM for each that is kept: it first consumes some millions of records that are not counted, because until
// they are compiled its classes cost several times as much. Then rounds, everybody in turn. What counts is CPU time a record,
// divided within a round, and that all have written the same rows.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kafkaConnection, TidewaterError } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { prepareToolchain, startLocal } from '@tidewater/testkit'
import { type Contender, contenders as everyone } from './consume/contenders.js'
import { type Outcome, reportOf } from './consume/report.js'
import {
  cpuMicrosPerRecord,
  jvmCpuMicrosPerRecord,
  type Measured,
  type Run,
  recordsPerSecond,
} from './consume/run.js'
import { type Consumer, startConsumer } from './consume/stage/consumer.js'
import { fillTopic, partitions } from './consume/stage/topic.js'
import { figure } from './produce/comparison/figures.js'
import { rotated } from './produce/comparison/rotation.js'
import { type BenchOptions, readOptions } from './produce/options.js'
import { describeMachine } from './produce/stage/machine.js'

const cores = 2
const topic = 'consume'
const warmUpTurns = 2
const defaults = {
  records: 1_500_000,
  rounds: 3,
  jsonFile: fileURLToPath(new URL('results/consume.json', import.meta.url)),
}
const say = (text: string) => process.stderr.write(`${text}\n`)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupted.abort(new TidewaterError('ABORTED', `Interrupted by ${signal}`)))

try {
  const known = everyone.map(({ name }) => name)
  const options = readOptions(process.argv.slice(2), known, defaults)
  const { text, json, svg } = reportOf(await compare(options))
  console.log(text)
  if (options.jsonFile !== undefined) await write(resolve(options.jsonFile), json, svg)
} catch (thrown) {
  const error = TidewaterError.isInstance(thrown) ? thrown : undefined
  say(error === undefined ? String((thrown as Error).stack) : [error.message, error.remedy ?? ''].join('\n'))
  process.exitCode = interrupted.signal.aborted ? 130 : error?.code === 'USAGE' ? 2 : 1
}

async function compare({ records, rounds, only }: BenchOptions): Promise<Outcome> {
  const contenders = everyone.filter(({ name }) => only === undefined || only.includes(name))
  const { signal } = interrupted
  const work = await mkdtemp(join(tmpdir(), 'tidewater-consume-'))
  const consumers = new Map<string, Consumer>()
  try {
    const toolchain = await prepareToolchain({ onProgress: say, signal })
    await using stack = await startLocal({ onProgress: say, signal })
    const brokers = stack.bootstrapBrokers
    const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers }))
    await fillTopic(admin, { brokers, topic, records }).finally(() => admin.close())
    say(`${figure(records)} records in the topic`)
    for (const contender of contenders) {
      signal.throwIfAborted()
      const folder = join(work, contender.name)
      await mkdir(folder)
      const consumer = await startConsumer(contender, { toolchain, brokers, topic, cores, folder })
      consumers.set(contender.name, consumer)
      for (let turn = 1; turn <= warmUpTurns; turn++) {
        const run = await consumer.consume(`warm_${turn}`)
        say(`warm-up ${turn} of ${warmUpTurns}, ${contender.name}: ${costs({ round: 0, run })}`)
      }
    }
    return {
      machine: await describeMachine(),
      setting: { records, rounds, warmUpTurns, cores, partitions },
      contenders,
      measured: await playRounds(contenders, consumers, { records, rounds }),
    }
  } finally {
    await Promise.all([...consumers.values()].map((consumer) => consumer.close()))
    await rm(work, { recursive: true, force: true })
  }
}

async function playRounds(
  contenders: readonly Contender[],
  consumers: ReadonlyMap<string, Consumer>,
  { records, rounds }: Pick<BenchOptions, 'records' | 'rounds'>,
) {
  const measured = new Map<string, Measured[]>()
  let first: Run | undefined
  for (let round = 1; round <= rounds; round++) {
    for (const { name } of rotated(contenders, round, rounds)) {
      interrupted.signal.throwIfAborted()
      const run = await (consumers.get(name) as Consumer).consume(`round_${round}`)
      first ??= run
      if (run.rows !== records || run.checksum !== first.checksum)
        throw new TidewaterError(
          'AUDIT_FAILED',
          `${name} wrote ${run.rows} rows with the checksum ${run.checksum}, of ${records} records and ${first.checksum}`,
        )
      say(`round ${round} of ${rounds}, ${name}: ${costs({ round, run })}`)
      measured.set(name, [...(measured.get(name) ?? []), { round, run }])
    }
  }
  return measured
}

function costs(one: Measured): string {
  return `${figure(recordsPerSecond(one))} records/s, us/record: tasks ${figure(cpuMicrosPerRecord(one))}, JVM ${figure(jvmCpuMicrosPerRecord(one))}`
}

async function write(jsonFile: string, json: string, svg: string): Promise<void> {
  const svgFile = `${jsonFile.replace(/\.json$/, '')}.svg`
  await mkdir(dirname(jsonFile), { recursive: true })
  await writeFile(jsonFile, json)
  await writeFile(svgFile, svg)
  say(`Written: ${jsonFile}, ${svgFile}`)
}
