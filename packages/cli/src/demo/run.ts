import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ensureTopic, kafkaConnection, TidewaterError } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { defineJob } from '@tidewater/emr'
import { planMaintenance } from '@tidewater/iceberg-ops'
import { netflowSchema } from '@tidewater/producer/sample'
import {
  type LocalStack,
  prepareToolchain,
  queryRunner,
  runJob,
  runMaintenance,
  startLocal,
} from '@tidewater/testkit'
import { type CliIo, resolvePath } from '../io.js'
import { auditTable } from '../table/audit.js'
import { count } from '../terminal/format.js'
import { runStage, type Stage } from '../terminal/progress.js'
import { stringify } from '../terminal/report-error.js'
import type { DemoOptions } from './options.js'
import { produceRecords } from './produce.js'
import { type DemoSummary, describeDifferences, renderSummary } from './summary.js'

const topic = 'netflow'
const identityColumns = ['writer_id', 'export_proto_seqno']

/**
 * The whole way on one machine: broker, topic, producers, streaming job, audit, maintenance, audit. Everything it
 * started is stopped when it ends, whichever way, unless `keep` leaves the stack up.
 *
 * @throws TidewaterError `AUDIT_FAILED` naming the differing partitions.
 */
export async function runDemo(options: DemoOptions, io: CliIo): Promise<DemoSummary> {
  const startedAtMs = io.now()
  const secondsByStage: Record<string, number> = {}
  const stage = async <T>(
    name: string,
    title: string,
    work: (stage: Stage) => Promise<T>,
    summary: (result: T) => string,
  ) => {
    const stageStartedAtMs = io.now()
    const result = await runStage(io, title, work, summary)
    secondsByStage[name] = (io.now() - stageStartedAtMs) / 1000
    return result
  }

  await stage(
    'setUp',
    'Tool chain',
    (one) => prepareToolchain({ onProgress: one.say, signal: io.signal }),
    () => 'ready',
  )
  const stack = await stage(
    'stack',
    'Kafka broker',
    (one) =>
      startLocal({
        ...(options.stateFolder === undefined ? {} : { stateFolder: resolvePath(io, options.stateFolder) }),
        onProgress: one.say,
        signal: io.signal,
      }),
    ({ bootstrapBrokers }) => `answers at ${bootstrapBrokers}`,
  )
  let completed = false
  try {
    const summary = await runOnStack(stack, options, io, stage)
    const whole = { ...summary, secondsByStage, seconds: (io.now() - startedAtMs) / 1000 }
    if (options.jsonFile !== undefined) await writeSummary(resolvePath(io, options.jsonFile), whole)
    io.stderr(renderSummary(whole))
    requireExactlyOnce(whole)
    completed = true
    return whole
  } finally {
    await finish(stack, options, io, completed)
  }
}

type RunStage = <T>(
  name: string,
  title: string,
  work: (stage: Stage) => Promise<T>,
  summary: (result: T) => string,
) => Promise<T>

async function runOnStack(
  stack: LocalStack,
  options: DemoOptions,
  io: CliIo,
  stage: RunStage,
): Promise<Omit<DemoSummary, 'secondsByStage' | 'seconds'>> {
  const { signal } = io
  const spark = { stateFolder: stack.stateFolder, driverMemoryMb: options.sparkMemoryMb, signal }
  const admin = await kafkajsDriver.createAdmin(
    kafkaConnection({ brokers: stack.bootstrapBrokers, clientId: 'tidewater-demo' }),
  )
  try {
    await stage(
      'topic',
      'Topic',
      () => ensureTopic(admin, { topic, partitions: options.partitions, replicationFactor: 1 }),
      () => `${topic} with ${options.partitions} partitions`,
    )
    const produced = await stage(
      'produce',
      'Producing',
      (one) =>
        produceRecords(
          { ...options, brokers: stack.bootstrapBrokers, topic, startTimeMs: io.now() },
          signal,
          (delivered) => one.update(delivered, options.records, 'records delivered'),
        ),
      (result) => `${count(result.delivered)} records delivered from ${options.producers} producers`,
    )

    const catalog = {
      name: 'local',
      type: 'hadoop',
      warehouse: stack.warehouseFolder,
    } as const
    const table = { catalog, namespace: 'demo', name: 'netflow' }
    const job = defineJob({
      name: 'netflow-to-iceberg',
      schema: netflowSchema,
      source: {
        bootstrapBrokers: stack.bootstrapBrokers,
        topic,
        auth: { type: 'none' },
        maxOffsetsPerTrigger: Math.max(1, Math.ceil(options.records / options.microBatches)),
      },
      table,
      trigger: { type: 'availableNow' },
      checkpointLocation: join(stack.stateFolder, 'checkpoint'),
    })
    const streamed = await stage(
      'stream',
      'Streaming into Iceberg',
      (one) =>
        runJob(job, {
          ...spark,
          onStarted: () => one.update(0, options.records, 'records'),
          onBatch: (_, totals) =>
            one.update(totals.inputRows, options.records, `records in ${totals.batches} micro-batches`),
        }),
      (result) => `${count(result.inputRows)} records in ${result.batches} micro-batches`,
    )

    const expected = (await admin.topicOffsets(topic)).map((one) => ({
      ...one,
      delivered: produced.deliveredByPartition.get(one.partition) ?? 0n,
    }))
    const names = { catalog: catalog.name, namespace: table.namespace, name: table.name }
    const tables = { table: names, deadLetterTable: { ...names, name: `${table.name}_dead_letters` } }
    const runQueries = queryRunner(catalog, spark)
    const audit = (name: string, title: string) =>
      stage(
        name,
        title,
        () => auditTable(runQueries, tables, expected, identityColumns),
        (result) =>
          result.audit.exactlyOnce
            ? `${count(result.audit.landed)} records, each exactly once`
            : 'differences found',
      )

    const before = await audit('audit', 'Audit')
    const { plan, decisions } = planMaintenance(
      table,
      before.inventory,
      { maxSnapshotAgeMs: 0, minInputFiles: 2 },
      io.now(),
    )
    await stage(
      'maintain',
      'Maintenance',
      (one) => runMaintenance(plan, { ...spark, onOperation: (done) => one.say(done.operation) }),
      (results) => results.map(({ operation }) => operation).join(', '),
    )
    const after = await audit('auditAgain', 'Audit after maintenance')
    const last = after.audit
    return {
      exactlyOnce: before.audit.exactlyOnce && last.exactlyOnce,
      produced: last.produced,
      landed: last.landed,
      deadLettered: last.deadLettered,
      duplicates: last.duplicates,
      missing: last.missing,
      produceRecordsPerSecond: Number(produced.delivered) / produced.seconds,
      encodedBytes: produced.encodedBytes,
      streamRecordsPerSecond: streamed.batchSeconds === 0 ? 0 : streamed.inputRows / streamed.batchSeconds,
      microBatches: streamed.batches,
      before: before.inventory,
      after: after.inventory,
      audits: { afterStreaming: before.audit, afterMaintenance: last },
      maintenance: decisions,
      stateFolder: stack.stateFolder,
      bootstrapBrokers: stack.bootstrapBrokers,
    }
  } finally {
    await admin.close()
  }
}

async function writeSummary(path: string, summary: DemoSummary): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${stringify(summary)}\n`)
}

function requireExactlyOnce(summary: DemoSummary): void {
  const differences = [
    ...describeDifferences(summary.audits.afterStreaming).map((text) => `after streaming, ${text}`),
    ...describeDifferences(summary.audits.afterMaintenance).map((text) => `after maintenance, ${text}`),
  ]
  if (summary.exactlyOnce && differences.length === 0) return
  throw new TidewaterError('AUDIT_FAILED', differences.join('\n'), {
    remedy: `Look at the logs and the table in ${summary.stateFolder}.`,
  })
}

async function finish(stack: LocalStack, options: DemoOptions, io: CliIo, completed: boolean): Promise<void> {
  if (options.keep && completed) {
    await stack.detach()
    io.stderr(
      `\nThe stack stays up at ${stack.bootstrapBrokers}; its folder is ${stack.stateFolder}.\n` +
        `Stop it with: tidewater local down --state-folder ${stack.stateFolder}\n`,
    )
    return
  }
  // After a failure the logs are what the user needs; after Ctrl-C nobody will look.
  const keepFolder = !completed && !io.signal.aborted
  await stack.stop({ keepStateFolder: keepFolder || options.stateFolder !== undefined })
  if (keepFolder) io.stderr(`Logs and data are kept in ${stack.stateFolder}\n`)
}
