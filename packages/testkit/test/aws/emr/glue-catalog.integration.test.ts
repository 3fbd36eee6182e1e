import { gunzipSync } from 'node:zlib'
import { AddJobFlowStepsCommand, DescribeStepCommand, RunJobFlowCommand } from '@aws-sdk/client-emr'
import { CreateDatabaseCommand, GetTableCommand, GlueClient } from '@aws-sdk/client-glue'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, it } from 'vitest'
import {
  awsStack,
  clientConfig,
  clusterInput,
  commandStep,
  emrClient,
  eventually,
  keysBelow,
  readObject,
  s3Client,
} from '../stack-fixture.js'

const { stack } = awsStack()

it('commits to an Iceberg table in Glue through S3FileIO, with nothing but what AWS needs', async () => {
  const s3 = s3Client(stack())
  const job = [
    'from pyspark.sql import SparkSession',
    'spark = SparkSession.builder.getOrCreate()',
    'spark.sql("CREATE TABLE lake.web.clicks (id BIGINT) USING iceberg")',
    'for _ in range(2):',
    '    spark.range(50).writeTo("lake.web.clicks").append()',
    'print("rows", spark.table("lake.web.clicks").count())',
    'print("snapshots", spark.table("lake.web.clicks.snapshots").count())',
  ].join('\n')
  await s3.send(new PutObjectCommand({ Bucket: 'tidewater', Key: 'code/job.py', Body: job }))
  const glue = new GlueClient(clientConfig(stack()))
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'web' } }))
  const emr = emrClient(stack())
  const { JobFlowId = '' } = await emr.send(new RunJobFlowCommand(clusterInput('lake')))
  const catalog = {
    'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
    'spark.sql.catalog.lake': 'org.apache.iceberg.spark.SparkCatalog',
    'spark.sql.catalog.lake.catalog-impl': 'org.apache.iceberg.aws.glue.GlueCatalog',
    'spark.sql.catalog.lake.io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
    'spark.sql.catalog.lake.warehouse': 's3://tidewater/warehouse',
  }
  const conf = Object.entries(catalog).flatMap(([key, value]) => ['--conf', `${key}=${value}`])
  const step = commandStep(['spark-submit', '--deploy-mode', 'client', ...conf, 's3://tidewater/code/job.py'])
  const { StepIds: [stepId] = [] } = await emr.send(new AddJobFlowStepsCommand({ JobFlowId, Steps: [step] }))
  const status = await eventually(async () => {
    const { Step } = await emr.send(new DescribeStepCommand({ ClusterId: JobFlowId, StepId: stepId }))
    return /COMPLETED|FAILED/.test(Step?.Status?.State ?? '') ? Step?.Status : undefined
  })
  expect(status).toMatchObject({ State: 'COMPLETED' })
  const stdout = await readObject(s3, `logs/${JobFlowId}/steps/${stepId}/stdout.gz`)
  expect(gunzipSync(stdout).toString()).toContain('rows 100\nsnapshots 2\n')
  const { Table } = await glue.send(new GetTableCommand({ DatabaseName: 'web', Name: 'clicks' }))
  expect(Table?.Parameters).toMatchObject({ table_type: 'ICEBERG' })
  expect(await keysBelow(s3, 'warehouse/web.db/clicks/data/')).not.toEqual([])
})
