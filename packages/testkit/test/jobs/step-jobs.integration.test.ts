import { EMRClient, RunJobFlowCommand } from '@aws-sdk/client-emr'
import { avroSchema } from '@tidewater/core'
import { createObjectStore } from '@tidewater/core/storage'
import {
  defineJob,
  type JobHandle,
  packageSpark,
  replaceJob,
  type SubmitOptions,
  submitStreamingJob,
} from '@tidewater/emr'
import { ec2StepTarget } from '@tidewater/emr/ec2'
import { createProducer } from '@tidewater/producer'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type LocalStack, preparePackaging, queryRunner, startLocal } from '../../src/index.js'
import { accountOf, awsStack, clientConfig, clusterInput, eventually } from '../aws/stack-fixture.js'
import { createTopic } from '../kafka-records.js'
import { processesNaming } from '../processes.js'

const schema = avroSchema({ type: 'record', name: 'click', fields: [{ name: 'number', type: 'int' }] })
const topic = 'clicks'
const { stack: aws } = awsStack()
let kafka: LocalStack
let options: SubmitOptions

/** `npm run bench -- faults --subjects job` asks for more. */
const kills = Number(process.env.TIDEWATER_JOB_KILLS ?? 1)

beforeAll(async () => {
  kafka = await startLocal()
  await createTopic(kafka.bootstrapBrokers, topic)
  const account = accountOf(aws())
  const emr = new EMRClient(clientConfig(aws()))
  const input = { ...clusterInput('streaming'), StepConcurrencyLevel: 2 }
  const { JobFlowId: clusterId = '' } = await emr.send(new RunJobFlowCommand(input))
  const store = createObjectStore({ ...account, pathStyle: true })
  const target = await ec2StepTarget({ ...account, clusterId, store })
  options = {
    target: { ...target, pace: { intervalMs: 500, maxIntervalMs: 2_000 } },
    store,
    stagingLocation: 's3://tidewater/staging',
    artifact: await packageSpark(await preparePackaging()),
    sparkConf: { 'spark.driver.memory': '768m' },
  }
})
afterAll(async () => {
  options?.target.close()
  options?.store.close()
  await kafka?.stop()
})

/** The configuration of production: tables in Glue and S3, the checkpoint in S3. */
function job(intervalSeconds: number) {
  const { endpointUrl: endpoint, region } = aws()
  return defineJob({
    name: 'clicks',
    schema,
    source: { bootstrapBrokers: kafka.bootstrapBrokers, topic, auth: { type: 'none' } },
    table: {
      catalog: { name: 'lake', type: 'glue', warehouse: 's3://tidewater/warehouse', region, endpoint },
      namespace: 'web',
      name: 'clicks',
    },
    trigger: { type: 'processingTime', intervalSeconds },
    checkpointLocation: 's3://tidewater/checkpoints/clicks',
  })
}

const poison = Uint8Array.of(0xff, 0xff)
/** Of what is written, one in eleven is no record of the schema. */
const isPoison = (offset: number) => offset % 11 === 10

/** Writes numbers, from 0 on and poison in between, until it is told to end; says how many values. */
async function startLoad() {
  const producer = await createProducer({ brokers: kafka.bootstrapBrokers, topic, schema })
  let sent = 0
  const timer = setInterval(() => {
    for (let n = 0; n < 11; n++, sent++) producer.write(isPoison(sent) ? poison : { number: sent })
  }, 20)
  const end = async () => {
    clearInterval(timer)
    await producer.close()
    return sent
  }
  onTestFinished(async () => void (await end()))
  return { sent: () => sent, end }
}

/** Resolves when the run has committed this offset. */
function untilRead(handle: JobHandle, offset: number): Promise<boolean> {
  return eventually(async () => {
    const { state } = await handle.status()
    if (state !== 'pending' && state !== 'running') await handle.wait()
    const read = (await handle.progress())?.queries.main?.endOffsets['0'] ?? 0
    return read >= offset ? true : undefined
  })
}

it('reads each record of a load once, though the job is killed and submitted again, and replaced', {
  timeout: 900_000,
}, async () => {
  const load = await startLoad()
  let running = await submitStreamingJob(job(1), options)
  for (let kill = 1; kill <= kills; kill++) {
    await untilRead(running, load.sent())
    // At any point of a micro-batch, its commit included.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_000))
    const pids = await processesNaming(running.runId)
    expect(pids).not.toEqual([])
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await expect(running.wait()).rejects.toMatchObject({ code: expect.stringMatching(/^JOB_/) })
    const again = await submitStreamingJob(job(1), options)
    expect(again.reference).not.toEqual(running.reference)
    running = again
  }
  expect((await submitStreamingJob(job(1), options)).reference).toEqual(running.reference)
  await untilRead(running, load.sent())

  const { plan, handle, ended } = await replaceJob(job(2), options)
  expect(plan).toMatchObject({ action: 'replace', running: { id: running.reference.id } })
  expect(ended?.progress?.ended).toMatchObject({ event: 'stopped', reason: 'stop-marker', graceful: true })
  await untilRead(handle, load.sent())
  // The artifact brings the decoder.
  expect((await handle.progress())?.decoder).toEqual({ name: 'compiled' })
  const sent = await load.end()
  await untilRead(handle, sent)
  expect((await handle.stop()).status.state).toBe('succeeded')

  const query = queryRunner(job(1).table.catalog, {
    stateFolder: kafka.stateFolder,
    driverMemoryMb: 768,
    env: { ...process.env, ...aws().env },
  })
  const counts = (table: string) =>
    `SELECT count(*) AS n, count(DISTINCT _kafka_offset) AS d, sum(_kafka_offset % 11) AS s FROM lake.web.${table}`
  const rows = await query([
    { id: 'rows', sql: counts('clicks') },
    { id: 'dead-letters', sql: counts('clicks_dead_letters') },
  ])
  const offsets = Array.from({ length: sent }, (_, offset) => offset)
  for (const [id, expected] of [
    ['rows', offsets.filter((offset) => !isPoison(offset))],
    ['dead-letters', offsets.filter(isPoison)],
  ] as const) {
    const n = String(expected.length)
    const s = String(expected.reduce((sum, offset) => sum + (offset % 11), 0))
    expect(rows.get(id), id).toEqual([{ n, d: n, s }])
  }
})
