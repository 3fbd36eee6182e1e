// The streaming job writes a table of Glue and S3 without a pause, is killed and submitted again, and is maintained all the while.
// At the end every record is in the table once, and its files are few. For reading and for proof, not for speed.
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { avroSchema, ensureTopic, kafkaConnection, messageOf, TidewaterError } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { createObjectStore } from '@tidewater/core/storage'
import {
  defineJob,
  ensureEmrCluster,
  type JobHandle,
  maintenanceRunner,
  packageSpark,
  releaseOf,
  type SubmitOptions,
  submitStreamingJob,
  waitUntilReady,
} from '@tidewater/emr'
import { ec2Clusters, ec2StepTarget, planEc2Cluster } from '@tidewater/emr/ec2'
import {
  maintainTable,
  measureTable,
  parsePolicy,
  sparkEngine,
  type TableHealth,
} from '@tidewater/iceberg-ops'
import { createProducer } from '@tidewater/producer'
import { preparePackaging, queryRunner, startLocal } from '@tidewater/testkit'

//   soak [--minutes 10] [--kills 2]
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, kills: { type: 'string', default: '2' } },
})
const [minutes, kills] = [Number(values.minutes), Number(values.kills)]
const schema = avroSchema({ type: 'record', name: 'click', fields: [{ name: 'number', type: 'int' }] })
const release = 'emr-7.12.0'
const topic = 'clicks'
const partitions = 3
const recordsPerSecond = 1_500
/** Small files that a table may have between two maintenances: those of the micro-batches meanwhile. */
const smallFilesMax = 150
const startedMs = performance.now()
const say = (text: string) =>
  console.log(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${text}`)

await using stack = await startLocal({ aws: true, spark: { driverMemoryMb: 768 }, onProgress: say })
const { endpointUrl: endpoint, region, credentials, buckets, env } = stack.aws
const account = { endpoint, region, credentials }
const bucket = `s3://${buckets[0]}`
const store = createObjectStore({ ...account, pathStyle: true })
const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers: stack.bootstrapBrokers }))
await ensureTopic(admin, { topic, partitions, replicationFactor: 1 })

const submission = await submissionOnCluster()
const catalog = { name: 'lake', type: 'glue', warehouse: `${bucket}/warehouse`, region, endpoint } as const
const table = { catalog, namespace: 'web', name: 'clicks' }
const job = defineJob({
  name: 'clicks',
  schema,
  source: { bootstrapBrokers: stack.bootstrapBrokers, topic, auth: { type: 'none' } },
  table,
  trigger: { type: 'processingTime', intervalSeconds: 1 },
  checkpointLocation: `${bucket}/checkpoint`,
})
const policy = parsePolicy({
  version: 1,
  rules: [
    {
      tables: ['*'],
      operations: {
        rewriteDataFiles: { minInputFiles: 2 },
        rewriteManifests: { minManifests: 5 },
        expireSnapshots: { maxAgeHours: 0 },
        removeOrphanFiles: { minAgeHours: 24, dryRun: false },
      },
    },
  ],
})
const source = { type: 'glue', database: 'web', name: 'clicks', ...account } as const
const measure = (signal?: AbortSignal): Promise<TableHealth> => {
  const nowMs = Date.now()
  return measureTable('web.clicks', source, {
    objects: store,
    nowMs,
    signal,
    orphansOlderThanMs: nowMs - 24 * 3_600_000,
  })
}

const load = startLoad(await createProducer({ brokers: stack.bootstrapBrokers, topic, schema }))
let running = await submitStreamingJob(job, submission)
await untilRead(running, load.sent())
const endMs = performance.now() + minutes * 60_000
const killsAtMs = Array.from(
  { length: kills },
  (_, at) => performance.now() + ((at + 0.5) * minutes * 60_000) / Math.max(1, kills),
)
const seen = { maintenances: 0, killed: 0, mostSmallFiles: 0, mostSnapshots: 0 }
while (performance.now() < endMs) {
  if (performance.now() > (killsAtMs[0] ?? Number.POSITIVE_INFINITY)) {
    killsAtMs.shift()
    await kill(running)
    running = await submitStreamingJob(job, submission)
    say(`the job was killed and runs again as ${running.reference.id}`)
  }
  const { before, effects, attempts, status } = await maintainTable({
    policy,
    engine: sparkEngine({
      runner: maintenanceRunner({ ...submission, icebergVersion: releaseOf(release).icebergVersion }),
      table,
    }),
    measure,
    lease: { store, holder: 'soak' },
  })
  seen.maintenances += status === 'done' ? 1 : 0
  seen.mostSmallFiles = Math.max(seen.mostSmallFiles, before.dataFiles.smallCount)
  seen.mostSnapshots = Math.max(seen.mostSnapshots, before.snapshots.count)
  say(
    `${before.dataFiles.records} records, ${before.dataFiles.count} files, ${before.snapshots.count} snapshots; ${status} in ${attempts}: ${effects.map(({ measured }) => measured).join('; ')}`,
  )
}
const sent = await load.end()
await untilRead(running, sent)
await running.stop()

const [row] =
  (
    await queryRunner(catalog, {
      stateFolder: stack.stateFolder,
      driverMemoryMb: 768,
      env: { ...process.env, ...env },
    })([
      {
        id: 'rows',
        sql: 'SELECT count(*) AS rows, count(DISTINCT number) AS numbers, min(number) AS least, max(number) AS most, count(DISTINCT struct(_kafka_partition, _kafka_offset)) AS offsets FROM lake.web.clicks',
      },
    ])
  ).get('rows') ?? []
const expected = { rows: `${sent}`, numbers: `${sent}`, least: '0', most: `${sent - 1}`, offsets: `${sent}` }
const found = Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, String(value)]))
say(`${JSON.stringify(found)} of ${sent} records; ${JSON.stringify(seen)}`)
const isExact = JSON.stringify(found) === JSON.stringify(expected)
const isTidy = seen.mostSmallFiles <= smallFilesMax
say(`exactly once: ${isExact}; at most ${smallFilesMax} small files: ${isTidy}`)
process.exitCode = isExact && isTidy && seen.maintenances > 0 && seen.killed === kills ? 0 : 1
submission.target.close()
store.close()
await admin.close()

async function submissionOnCluster(): Promise<SubmitOptions> {
  const clusters = await ec2Clusters(account)
  const desired = planEc2Cluster({
    name: 'soak',
    release,
    stepConcurrency: 4,
    instanceGroups: (['MASTER', 'CORE'] as const).map((InstanceRole) => ({
      InstanceRole,
      InstanceType: 'm7g.xlarge',
      InstanceCount: 1,
    })),
    subnetIds: ['subnet-0a1b2c3d'],
    logLocation: `${bucket}/logs/`,
    serviceRole: 'EMR_DefaultRole',
    instanceProfile: 'EMR_EC2_DefaultRole',
  })
  const { id: clusterId = '' } = await ensureEmrCluster(clusters, desired, {})
  await waitUntilReady(clusters, clusterId, { intervalMs: 500 })
  clusters.close()
  const target = await ec2StepTarget({ ...account, clusterId, store })
  return {
    target: { ...target, pace: { intervalMs: 500, maxIntervalMs: 5_000 } },
    store,
    stagingLocation: `${bucket}/staging`,
    artifact: await packageSpark(await preparePackaging()),
    sparkConf: { 'spark.driver.memory': '768m' },
  }
}

/** Numbers from 0 on, at an even rate. */
function startLoad(producer: { write(record: { number: number }): unknown; close(): Promise<void> }) {
  let sent = 0
  const timer = setInterval(() => {
    for (let n = 0; n < recordsPerSecond / 20; n++) producer.write({ number: sent++ })
  }, 50)
  return {
    sent: () => sent,
    end: async () => {
      clearInterval(timer)
      await producer.close()
      return sent
    },
  }
}

/** Resolves when the run has committed so many records. */
async function untilRead(handle: JobHandle, records: number): Promise<void> {
  for (;;) {
    const { state } = await handle.status()
    if (state !== 'pending' && state !== 'running') await handle.wait()
    const ends = Object.values((await handle.progress())?.queries.main?.endOffsets ?? {})
    if (ends.reduce((sum, offset) => sum + offset, 0) >= records) return
    await setTimeout(500)
  }
}

/** Without a word, wherever it is. */
async function kill(handle: JobHandle): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(handle.runId)) process.kill(Number(pid), 'SIGKILL')
  }
  const failure = await handle.wait().then(
    () => undefined,
    (thrown) => thrown,
  )
  if (!TidewaterError.isInstance(failure))
    throw new TypeError(`The killed job ended with ${messageOf(failure)}`)
  seen.killed += 1
}
