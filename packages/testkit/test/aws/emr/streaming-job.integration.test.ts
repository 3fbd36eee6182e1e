import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  AddJobFlowStepsCommand,
  DescribeStepCommand,
  EMRClient,
  RunJobFlowCommand,
} from '@aws-sdk/client-emr'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { avroSchema } from '@tidewater/core'
import { defineJob } from '@tidewater/emr'
import { createProducer } from '@tidewater/producer'
import { expect, it } from 'vitest'
import { startLocal } from '../../../src/index.js'
import { sparkPackageFolder } from '../../../src/package-folders.js'
import { createTopic } from '../../kafka-records.js'
import { clusterInput, commandStep, eventually, keysBelow, readObject } from '../stack-fixture.js'

it('runs the streaming job as a step, its table and checkpoint in S3', async () => {
  await using stack = await startLocal({ aws: { transitionMs: 50 }, spark: { driverMemoryMb: 1_024 } })
  const { aws, bootstrapBrokers } = stack
  const config = { endpoint: aws.endpointUrl, region: aws.region, credentials: aws.credentials }
  const s3 = new S3Client(config)
  const schema = avroSchema({ type: 'record', name: 'click', fields: [{ name: 'user', type: 'string' }] })
  await createTopic(bootstrapBrokers, 'clicks')
  await using producer = await createProducer({ brokers: bootstrapBrokers, topic: 'clicks', schema })
  await producer.send(Array.from({ length: 1_000 }, (_, n) => ({ user: `user-${n}` })))

  const job = defineJob({
    name: 'clicks',
    schema,
    source: { bootstrapBrokers, topic: 'clicks', auth: { type: 'none' } },
    table: {
      catalog: { name: 'lake', type: 'hadoop', warehouse: 's3a://tidewater/warehouse' },
      namespace: 'web',
      name: 'clicks',
    },
    trigger: { type: 'availableNow' },
    checkpointLocation: 's3://tidewater/checkpoint',
  })
  const document = join(stack.stateFolder, 'job.json')
  await writeFile(document, JSON.stringify(job))
  const entry = [
    'import sys',
    `sys.path.insert(0, ${JSON.stringify(sparkPackageFolder())})`,
    'from tidewater_spark.kafka_to_iceberg import main',
    'sys.exit(main())',
  ].join('\n')
  await s3.send(new PutObjectCommand({ Bucket: 'tidewater', Key: 'code/entry.py', Body: entry }))

  const emr = new EMRClient(config)
  const { JobFlowId } = await emr.send(new RunJobFlowCommand(clusterInput('clicks')))
  const run = async () => {
    const args = [
      'spark-submit',
      '--deploy-mode',
      'client',
      's3://tidewater/code/entry.py',
      '--job',
      document,
    ]
    const { StepIds: [StepId] = [] } = await emr.send(
      new AddJobFlowStepsCommand({ JobFlowId, Steps: [commandStep(args)] }),
    )
    const state = await eventually(async () => {
      const { Step } = await emr.send(new DescribeStepCommand({ ClusterId: JobFlowId, StepId }))
      return /COMPLETED|FAILED/.test(Step?.Status?.State ?? '') ? Step?.Status?.State : undefined
    })
    const stdout = gunzipSync(await readObject(s3, `logs/${JobFlowId}/steps/${StepId}/stdout.gz`)).toString()
    return { state, stdout }
  }
  const first = await run()
  expect(first).toMatchObject({ state: 'COMPLETED', stdout: expect.stringContaining('"inputRows": 1000') })
  expect(await keysBelow(s3, 'checkpoint/main/commits/')).toContain('checkpoint/main/commits/0')
  expect(await keysBelow(s3, 'warehouse/web/clicks/data/')).not.toEqual([])
  // It goes on from the checkpoint.
  const second = await run()
  expect(second.state).toBe('COMPLETED')
  expect(second.stdout).not.toContain('"inputRows": 1000')
})
