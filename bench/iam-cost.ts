// What TLS with IAM costs a producer: each driver on the plaintext and on the IAM listener of one broker, in turns, with the
// same records; and 100 producers that connect at once.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { ensureTopic, kafkaConnection, mskIam } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { createProducer } from '@tidewater/producer'
import { netflowSchema } from '@tidewater/producer/sample'
import { startLocal } from '@tidewater/testkit'
import { sampleLines } from './produce/samples.js'
import { maxBufferedBytes, type Run, spread } from './produce/shared.js'

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '5' },
    producers: { type: 'string', default: '100' },
    driver: { type: 'string', default: 'kafkajs,confluent' },
  },
})
const records = Number(values.records)
const rounds = Number(values.rounds)
const execute = promisify(execFile)
const folder = join(dirname(fileURLToPath(import.meta.url)), 'produce')
const say = (text: string) => process.stderr.write(`${text}\n`)

const work = await mkdtemp(join(tmpdir(), 'tidewater-bench-'))
try {
  await using stack = await startLocal({
    // Each request's permission is checked, as MSK does; a line of log for each is the testkit's own.
    iam: { logAllowedAuthorizations: false },
    onProgress: say,
  })
  const { iam } = stack
  const samples = join(work, 'samples.jsonl')
  await writeFile(samples, sampleLines(10_000))
  const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers: stack.bootstrapBrokers }))
  const listeners = {
    plaintext: { brokers: stack.bootstrapBrokers, env: {} },
    iam: {
      brokers: iam.bootstrapBrokers,
      env: {
        BENCH_REGION: iam.region,
        BENCH_CA_FILE: iam.caFile,
        AWS_ACCESS_KEY_ID: iam.accessKeyId,
        AWS_SECRET_ACCESS_KEY: iam.secretAccessKey,
      },
    },
  }
  const runs = new Map<string, Run[]>()
  for (let round = 1; round <= rounds; round++) {
    for (const driver of values.driver.split(',')) {
      for (const [listener, { brokers, env }] of Object.entries(listeners)) {
        const topic = `cost-${round}-${driver}-${listener}`
        await ensureTopic(admin, { topic, partitions: 3, replicationFactor: 1 })
        const { stdout } = await execute(
          process.execPath,
          [
            join(folder, 'node-producer.mjs'),
            driver,
            brokers,
            topic,
            String(records),
            samples,
            String(maxBufferedBytes),
          ],
          { cwd: folder, env: { ...process.env, ...env }, maxBuffer: 2 ** 20 },
        )
        const run = JSON.parse(stdout) as Run
        runs.set(`${driver} ${listener}`, [...(runs.get(`${driver} ${listener}`) ?? []), run])
        say(
          `round ${round} of ${rounds}, ${driver} ${listener}: ${Math.round(run.records / run.seconds)} msg/s`,
        )
        await admin.deleteTopic(topic)
      }
    }
  }
  for (const driver of values.driver.split(',')) {
    const figure = (listener: string, of: (run: Run) => number) =>
      spread((runs.get(`${driver} ${listener}`) ?? []).map(of))
    const rate = (run: Run) => run.records / run.seconds
    const cpu = (run: Run) => (1e6 * run.cpuSeconds) / run.records
    for (const listener of Object.keys(listeners)) {
      const { least, median, most } = figure(listener, rate)
      console.log(
        `${`${driver} ${listener}`.padEnd(20)} ${Math.round(median)} (${Math.round(least)} to ${Math.round(most)}) msg/s  ${figure(listener, cpu).median.toFixed(2)} CPU us/msg`,
      )
    }
    const cost = 1 - figure('iam', rate).median / figure('plaintext', rate).median
    console.log(`${driver}: TLS and IAM cost ${(100 * cost).toFixed(1)} % of the rate\n`)
  }

  const topic = 'crowd'
  await ensureTopic(admin, { topic, partitions: 3, replicationFactor: 1 })
  await admin.close()
  const auth = mskIam({ region: iam.region, credentials: iam })
  const startedAtMs = performance.now()
  const before = (await iam.decisions()).length
  const crowd = await Promise.all(
    Array.from({ length: Number(values.producers) }, (_, index) =>
      createProducer({
        driver: 'kafkajs',
        brokers: iam.bootstrapBrokers,
        tls: { caFile: iam.caFile },
        auth,
        topic,
        schema: netflowSchema,
        clientId: `crowd-${index}`,
      }),
    ),
  )
  const seconds = (performance.now() - startedAtMs) / 1_000
  const since = (await iam.decisions()).slice(before).filter(({ kind }) => kind !== 'authorization')
  const refused = since.filter(({ result }) => result === 'denied').length
  await Promise.all(crowd.map((producer) => producer.close()))
  console.log(
    `${crowd.length} producers at once: connected in ${seconds.toFixed(1)} s, ${since.length} authentications, ${refused} refused (quota: 100 new connections a second)`,
  )
} finally {
  await rm(work, { recursive: true, force: true })
}
