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
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LocalStack, preparePython, queryRunner, startLocal } from '../../src/index.js'
import { awsStack, clientConfig, clusterInput, eventually } from '../aws/stack-fixture.js'
import { createTopic } from '../kafka-records.js'

const schema = avroSchema({ type: 'record', name: 'click', fields: [{ name: 'number', type: 'int' }] })
const topic = 'clicks'
const { stack: aws } = awsStack()
let kafka: LocalStack
let options: SubmitOptions
let sent = 0

beforeAll(async () => {
  kafka = await startLocal()
  await createTopic(kafka.bootstrapBrokers, topic)
  const { endpointUrl: endpoint, region, credentials } = aws()
  const emr = new EMRClient(clientConfig(aws()))
  const input = { ...clusterInput('streaming'), StepConcurrencyLevel: 2 }
  const { JobFlowId: clusterId = '' } = await emr.send(new RunJobFlowCommand(input))
  const store = createObjectStore({ endpoint, region, credentials, pathStyle: true })
  const target = await ec2StepTarget({ endpoint, region, credentials, clusterId, store })
  options = {
    target: { ...target, pace: { intervalMs: 500, maxIntervalMs: 2_000 } },
    store,
    stagingLocation: 's3://tidewater/staging',
    artifact: await packageSpark({ python: await preparePython() }),
    sparkConf: { 'spark.driver.memory': '768m' },
  }
})
afterAll(async () => {
  options?.target.close()
  options?.store.close()
  await kafka?.stop()
})

function job(intervalSeconds: number) {
  return defineJob({
    name: 'clicks',
    schema,
    source: { bootstrapBrokers: kafka.bootstrapBrokers, topic, auth: { type: 'none' } },
    table: {
      catalog: { name: 'local', type: 'hadoop', warehouse: kafka.warehouseFolder },
      namespace: 'web',
      name: 'clicks',
    },
    trigger: { type: 'processingTime', intervalSeconds },
    checkpointLocation: 's3://tidewater/checkpoints/clicks',
  })
}

async function send(count: number): Promise<void> {
  await using producer = await createProducer({ brokers: kafka.bootstrapBrokers, topic, schema })
  for (const last = sent + count; sent < last; sent++) await producer.write({ number: sent })
  await producer.flush()
}

function untilRead(handle: JobHandle, offset: number): Promise<boolean> {
  return eventually(async () => {
    const { state } = await handle.status()
    if (state !== 'pending' && state !== 'running') await handle.wait()
    const read = (await handle.progress())?.queries.main?.endOffsets['0'] ?? 0
    return read >= offset ? true : undefined
  })
}

it('runs the job as a step with its state in S3, and replaces it under load without losing or doubling a record', async () => {
  await send(500)
  const first = await submitStreamingJob(job(1), options)
  await untilRead(first, 500)
  expect((await submitStreamingJob(job(1), options)).reference).toEqual(first.reference)

  const sending = send(1_000)
  const { plan, handle, ended } = await replaceJob(job(2), options)
  expect(plan).toMatchObject({ action: 'replace', running: { id: first.reference.id } })
  expect(ended?.progress?.ended).toMatchObject({ event: 'stopped', reason: 'stop-marker', graceful: true })
  await sending
  // All of the load may have gone to the earlier version: this is for the next one.
  await send(100)
  await untilRead(handle, 1_600)
  expect((await handle.stop()).status.state).toBe('succeeded')

  const query = queryRunner(job(1).table.catalog, { stateFolder: kafka.stateFolder, driverMemoryMb: 768 })
  const sql = 'SELECT count(*) AS n, count(DISTINCT number) AS d, max(number) AS m FROM local.web.clicks'
  const rows = await query([{ id: 'rows', sql }])
  expect(rows.get('rows')).toEqual([{ n: '1600', d: '1600', m: 1_599 }])
})
