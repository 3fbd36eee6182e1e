import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ensureTopic, kafkaConnection, TidewaterError } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { defineJob, jobTables } from '@tidewater/emr'
import { maintainTable, measureTable, parsePolicy, sparkEngine } from '@tidewater/iceberg-ops'
import { netflowSchema } from '@tidewater/producer/sample'
import { type LocalStack, preparePackaging, prepareToolchain, startLocal } from '@tidewater/testkit'
import { describeDifferences, describeSuccess } from '../commands/table-audit.js'
import { type CliIo, resolvePath } from '../io.js'
import { auditTable } from '../table/audit.js'
import { count } from '../terminal/format.js'
import { runStage, type Stage } from '../terminal/progress.js'
import { stringify } from '../terminal/report-error.js'
import { demoAccess, demoIam } from './access.js'
import { emrSteps } from './emr-steps.js'
import type { DemoOptions } from './options.js'
import { produceRecords } from './produce.js'
import { sparkHere } from './spark-jobs.js'
import { type DemoSummary, demoTable, renderSummary } from './summary.js'

const topic = 'netflow'
/** Small files and short histories are what the demo shows, so all that can go goes at once. */
const policy = parsePolicy({
  version: 1,
  rules: [
    {
      tables: ['*'],
      operations: {
        rewriteDataFiles: { minInputFiles: 2, hotForHours: 0 },
        rewriteManifests: { minManifests: 2 },
        expireSnapshots: { maxAgeHours: 0 },
      },
    },
  ],
})
const identityColumns = ['writer_id', 'export_proto_seqno']

/**
 * The whole way on one machine: broker, topic, producers, streaming job, audit, maintenance, audit. Everything it
 * started is stopped when it ends, whichever way, unless `keep` leaves the stack up.
 *
 * @throws TidewaterError `AUDIT_FAILED` naming the differing partitions.
 */
export async function runDemo(options: DemoOptions, io: CliIo): Promise<DemoSummary> {
  const startedAtMs = io.now()
  const stateFolder = options.stateFolder === undefined ? undefined : resolvePath(io, options.stateFolder)
  const jsonFile = options.jsonFile === undefined ? undefined : resolvePath(io, options.jsonFile)
  // What can only fail at the end is tried at the start.
  if (stateFolder !== undefined) await requireEmpty(stateFolder)
  if (jsonFile !== undefined) await writeJsonFile(jsonFile, '')

  const secondsByStage: Record<string, number> = {}
  const stage: RunStage = async (name, title, work, summary) => {
    const stageStartedAtMs = io.now()
    const result = await runStage(io, title, work, summary)
    secondsByStage[name] = (io.now() - stageStartedAtMs) / 1000
    return result
  }
  await stage(
    'setUp',
    'Tool chain',
    (one) =>
      prepareToolchain({
        ...(options.aws ? { parts: ['kafka', 'spark', 'spark-decoder', 'spark-aws', 'aws-emulator'] } : {}),
        onProgress: one.say,
        signal: io.signal,
      }),
    () => 'ready',
  )
  const stack = await stage(
    'stack',
    options.iam ? 'Kafka broker with IAM' : options.aws ? 'Kafka broker and AWS services' : 'Kafka broker',
    (one) =>
      startLocal({
        ...(options.aws ? { aws: true, spark: { driverMemoryMb: options.sparkMemoryMb } } : {}),
        ...(options.iam ? { iam: demoIam(topic) } : {}),
        ...(stateFolder === undefined ? {} : { stateFolder }),
        onProgress: one.say,
        signal: io.signal,
      }),
    ({ bootstrapBrokers, iam }) => `answers at ${iam?.bootstrapBrokers ?? bootstrapBrokers}`,
  )
  let completed = false
  try {
    const found = await runOnStack(stack, options, io, stage)
    const summary = { ...found, secondsByStage, seconds: (io.now() - startedAtMs) / 1000 }
    io.stderr(renderSummary(summary))
    if (jsonFile !== undefined) await writeJsonFile(jsonFile, `${stringify(summary)}\n`)
    requireExactlyOnce(summary)
    completed = true
    return summary
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
  const { bootstrapBrokers, stateFolder } = stack
  const resources = { stateFolder, driverMemoryMb: options.sparkMemoryMb, signal: io.signal }
  const access = demoAccess(stack, io.env)
  const { aws } = stack
  const spark =
    aws === undefined
      ? sparkHere(stack, resources, access.sparkEnv)
      : await stage(
          'cluster',
          'EMR cluster',
          async ({ say }) => {
            const packaging = await preparePackaging({ signal: io.signal })
            return emrSteps({ ...stack, aws }, { ...resources, env: io.env }, { packaging, say })
          },
          ({ place }) => place,
        )
  const admin = await kafkajsDriver.createAdmin(
    kafkaConnection({ ...access.topicAdmin, clientId: 'tidewater-demo' }),
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
          { ...options, connection: access.producer, topic, startTimeMs: io.now() },
          io.signal,
          (delivered) => one.update(delivered, options.records, 'records delivered'),
        ),
      (result) => `${count(result.delivered)} records delivered from ${options.producers} producers`,
    )
    const table = { catalog: spark.catalog, namespace: 'demo', name: 'netflow' }
    const job = defineJob({
      name: 'netflow-to-iceberg',
      schema: netflowSchema,
      source: {
        ...access.source,
        topic,
        maxOffsetsPerTrigger: Math.max(1, Math.ceil(options.records / options.microBatches)),
      },
      table,
      trigger: { type: 'availableNow' },
      checkpointLocation: spark.checkpointLocation,
    })
    const streamed = await stage(
      'stream',
      'Streaming into Iceberg',
      (one) =>
        spark.stream(job, ({ inputRows, batches }) =>
          one.update(inputRows, options.records, `records in ${batches} micro-batches`),
        ),
      (result) => `${count(result.inputRows)} records in ${result.batches} micro-batches`,
    )

    const expected = (await admin.topicOffsets(topic)).map((one) => ({
      ...one,
      delivered: produced.deliveredByPartition.get(one.partition) ?? 0n,
    }))
    const audit = (name: string, title: string) =>
      stage(
        name,
        title,
        // Every record of the sample can be decoded: a dead letter here is a defect.
        () =>
          auditTable(spark.runQueries, { topic, ...jobTables(job) }, expected, {
            identityColumns,
            deadLettersAllowed: false,
          }),
        (result) => (result.audit.exactlyOnce ? describeSuccess(result.audit) : 'differences found'),
      )
    const before = await audit('audit', 'Audit')
    const maintained = await stage(
      'maintain',
      'Maintenance',
      (one) =>
        maintainTable({
          policy,
          engine: sparkEngine({ runner: spark.maintenance, table }),
          measure: (signal) =>
            measureTable(`${table.namespace}.${table.name}`, spark.source(table.namespace, table.name), {
              objects: spark.objects,
              nowMs: io.now(),
              signal,
            }),
          lease: { store: spark.objects, holder: 'tidewater demo' },
          now: () => io.now(),
          signal: io.signal,
          onProgress: one.say,
        }),
      ({ effects }) => effects.map(({ name, measured }) => `${name}: ${measured}`).join('; '),
    )
    const after = await audit('auditAgain', 'Audit after maintenance')
    const { produced: producedCount, landed, deadLettered, duplicates, missing } = after.audit
    return {
      exactlyOnce: before.audit.exactlyOnce && after.audit.exactlyOnce,
      produced: producedCount,
      landed,
      deadLettered,
      duplicates,
      missing,
      produceRecordsPerSecond: Number(produced.delivered) / produced.seconds,
      encodedBytes: produced.encodedBytes,
      streamRecordsPerSecond: streamed.batchSeconds === 0 ? 0 : streamed.inputRows / streamed.batchSeconds,
      microBatches: streamed.batches,
      before: demoTable(maintained.before),
      after: demoTable(maintained.after ?? maintained.before),
      audits: { afterStreaming: before.audit, afterMaintenance: after.audit },
      maintenance: { decisions: maintained.plan.decisions, effects: maintained.effects },
      stateFolder,
      bootstrapBrokers,
      place: spark.place,
    }
  } finally {
    spark.close()
    await admin.close()
  }
}

async function requireEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  if (names.length === 0) return
  throw new TidewaterError('USAGE', `The state folder ${folder} is not empty`, {
    remedy: 'Name a new or empty folder: the audit counts from an empty topic and table.',
  })
}

async function writeJsonFile(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  } catch (cause) {
    throw new TidewaterError('USAGE', `Can't write the summary to ${path}`, {
      remedy: 'Name a file that can be written.',
      cause,
    })
  }
}

function requireExactlyOnce(summary: DemoSummary): void {
  if (summary.exactlyOnce) return
  const { afterStreaming, afterMaintenance } = summary.audits
  const differences = [
    ...describeDifferences(afterStreaming).map((text) => `after streaming, ${text}`),
    ...describeDifferences(afterMaintenance).map((text) => `after maintenance, ${text}`),
  ]
  throw new TidewaterError('AUDIT_FAILED', differences.join('\n'), {
    remedy: `Look at the logs and the table in ${summary.stateFolder}.`,
  })
}

async function finish(stack: LocalStack, options: DemoOptions, io: CliIo, completed: boolean): Promise<void> {
  if (options.keep && completed) {
    await stack.detach()
    io.stderr(
      `\nThe stack stays up at ${stack.bootstrapBrokers}; its folder is ${stack.stateFolder}.\n` +
        `Stop it with: tidewater local down --state-folder ${stack.stateFolder}\n` +
        `(in a clone: npm run tidewater -- local down --state-folder ${stack.stateFolder})\n`,
    )
    return
  }
  // After a failure the logs are what the user needs; after Ctrl-C nobody will look.
  const keepFolder = !completed && !io.signal.aborted
  await stack.stop({ keepStateFolder: keepFolder || options.stateFolder !== undefined })
  if (keepFolder) io.stderr(`Logs and data are kept in ${stack.stateFolder}\n`)
}
