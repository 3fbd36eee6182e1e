// Producers side by side on one broker: each driver of @tidewater/producer, encoding included, beside the run book's
// Python loop. Contenders take turns, so that a machine that slows down slows all of them; the median of the rounds counts.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { ensureTopic, kafkaConnection, TidewaterError } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { netflowSchema } from '@tidewater/producer/sample'
import { preparePython, startLocal } from '@tidewater/testkit'
import { sampleLines } from './produce/samples.js'
import { maxBufferedBytes, memoryAllowanceBytes, type Run, type Spread, spread } from './produce/shared.js'

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
})
const records = positiveInteger('records', values.records)
const rounds = positiveInteger('rounds', values.rounds)
const folder = join(dirname(fileURLToPath(import.meta.url)), 'produce')
const execute = promisify(execFile)

interface Contender {
  readonly name: string
  readonly note: string
  /** Share of the records it sends: the encoding in Python takes 30 times as long as everything else. */
  readonly share: number
  run(brokers: string, topic: string, count: number, files: Files): Promise<Run>
}

interface Files {
  readonly samples: string
  readonly schema: string
  readonly python: string
}

const contenders: readonly Contender[] = [
  node('kafkajs'),
  node('confluent'),
  python('python loop', 'bytes encoded beforehand', 'none', 1),
  python('python loop + avro', 'encoded as in the run book', 'avro', 0.1),
].filter(({ name }) => values.only === undefined || values.only.split(',').includes(name))

const work = await mkdtemp(join(tmpdir(), 'tidewater-bench-'))
try {
  await using stack = await startLocal({ onProgress: say })
  const brokers = stack.bootstrapBrokers
  const files: Files = {
    samples: join(work, 'samples.jsonl'),
    schema: join(work, 'netflow.avsc'),
    python: await preparePython(join(folder, 'requirements.txt'), { onProgress: say }),
  }
  await writeFile(files.samples, sampleLines(10_000))
  await writeFile(files.schema, JSON.stringify(netflowSchema.definition))
  const runs = new Map<string, Run[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const contender of contenders) {
      const topic = `bench-${round}-${contender.name.replaceAll(/[^a-z]+/g, '-')}`
      await createTopic(brokers, topic)
      const run = await contender.run(brokers, topic, Math.ceil(records * contender.share), files)
      if (run.delivered !== run.records)
        throw new TidewaterError(
          'DELIVERY_FAILED',
          `${contender.name}: ${run.failed} of ${run.records} not delivered`,
        )
      runs.get(contender.name)?.push(run)
      say(`round ${round} of ${rounds}, ${contender.name}: ${Math.round(run.records / run.seconds)} msg/s`)
      await deleteTopic(brokers, topic)
    }
  }
  await report(runs)
} finally {
  await rm(work, { recursive: true, force: true })
}

function node(driver: 'kafkajs' | 'confluent'): Contender {
  return {
    name: driver,
    note: 'createProducer, encoding included',
    share: 1,
    run: (brokers, topic, count, files) =>
      contend(process.execPath, [
        join(folder, 'node-producer.mjs'),
        driver,
        brokers,
        topic,
        String(count),
        files.samples,
        String(maxBufferedBytes),
      ]),
  }
}

function python(name: string, note: string, encode: string, share: number): Contender {
  return {
    name,
    note,
    share,
    run: (brokers, topic, count, files) =>
      contend(files.python, [
        join(folder, 'python_loop.py'),
        brokers,
        topic,
        String(count),
        files.samples,
        files.schema,
        encode,
      ]),
  }
}

async function contend(program: string, args: readonly string[]): Promise<Run> {
  const { stdout } = await execute(program, args, { cwd: folder, maxBuffer: 2 ** 20 })
  return JSON.parse(stdout) as Run
}

async function createTopic(brokers: string, topic: string): Promise<void> {
  const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers }))
  await ensureTopic(admin, { topic, partitions: 3, replicationFactor: 1 })
  await admin.close()
}

async function deleteTopic(brokers: string, topic: string): Promise<void> {
  const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers }))
  await admin.deleteTopic(topic)
  await admin.close()
}

async function report(runs: ReadonlyMap<string, readonly Run[]>): Promise<void> {
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  }
  const rows = contenders.map(({ name, note }) => {
    const all = runs.get(name) ?? []
    return {
      name,
      note,
      recordsPerSecond: spread(all.map((run) => run.records / run.seconds)),
      cpuMicrosecondsPerRecord: spread(all.map((run) => (run.cpuSeconds / run.records) * 1e6)),
      peakRssMb: spread(all.map((run) => run.peakRssBytes / 1e6)),
    }
  })
  console.log(`\n${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, Node ${machine.node}`)
  console.log(
    `${records} records, ${rounds} rounds: median (least to most); snappy, acks=1, linger 5 ms, 3 partitions, one broker\n`,
  )
  for (const row of rows) {
    console.log(
      [
        row.name.padEnd(20),
        `${show(row.recordsPerSecond, 0)} msg/s`.padEnd(40),
        `${show(row.cpuMicrosecondsPerRecord, 2)} CPU us/msg`.padEnd(34),
        `${show(row.peakRssMb, 0)} MB`.padEnd(22),
        row.note,
      ].join(' '),
    )
  }
  const limitMb = (maxBufferedBytes + memoryAllowanceBytes) / 1e6
  console.log(`\nMemory bound of the Node producers: maxBufferedBytes + 150 MB = ${limitMb.toFixed(0)} MB`)
  if (values.json !== undefined) {
    await writeFile(
      values.json,
      `${JSON.stringify({ machine, records, rounds, rows, runs: Object.fromEntries(runs) }, null, 2)}\n`,
    )
  }
}

function show({ least, median, most }: Spread, digits: number): string {
  const one = (value: number) =>
    value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits })
  return `${one(median)} (${one(least)} to ${one(most)})`
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`--${name} must be a whole number above 0, got ${text}`)
  process.exit(2)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
