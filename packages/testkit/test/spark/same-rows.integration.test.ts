// One topic through the job into a Hadoop catalog on the file system and into Glue on S3: the same rows, whatever the type.
import { join } from 'node:path'
import { avroSchema } from '@tidewater/core'
import { createObjectStore } from '@tidewater/core/storage'
import { defineJob } from '@tidewater/emr'
import { openTable, scanFiles } from '@tidewater/iceberg-ops/metadata'
import { createProducer } from '@tidewater/producer'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LocalStack, queryRunner, runJob, startLocal } from '../../src/index.js'
import { createTopic } from '../kafka-records.js'

const schema = avroSchema({
  type: 'record',
  name: 'every_type',
  fields: [
    { name: 'number', type: 'int' },
    { name: 'long', type: 'long' },
    { name: 'float', type: 'float' },
    { name: 'double', type: 'double' },
    { name: 'flag', type: 'boolean' },
    { name: 'text', type: 'string' },
    { name: 'bytes', type: 'bytes' },
    { name: 'fixed', type: { type: 'fixed', name: 'four', size: 4 } },
    { name: 'kind', type: { type: 'enum', name: 'kind_of_row', symbols: ['EVEN', 'ODD'] } },
    { name: 'optional', type: ['null', 'string'] },
    { name: 'list', type: { type: 'array', items: 'long' } },
    { name: 'map', type: { type: 'map', values: 'string' } },
    {
      name: 'nested',
      type: { type: 'record', name: 'inner', fields: [{ name: 'deep', type: ['null', 'double'] }] },
    },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'at_millis', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'at_micros', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'local_millis', type: { type: 'long', logicalType: 'local-timestamp-millis' } },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
  ],
} as const)

const records = 500
const poisonEvery = 50
const topic = 'every_type'
let stack: LocalStack

beforeAll(async () => {
  stack = await startLocal({ aws: true })
  await createTopic(stack.bootstrapBrokers, topic)
  await using producer = await createProducer({ brokers: stack.bootstrapBrokers, topic, schema })
  for (let n = 0; n < records; n++) {
    if (n % poisonEvery === 0) await producer.write(Uint8Array.of(0xff))
    else await producer.write(record(n))
  }
  await producer.flush()
})
afterAll(() => stack?.stop())

function record(n: number) {
  return {
    number: n,
    long: 2 ** 40 + n,
    float: n / 4,
    double: n === 7 ? Number.NaN : n / 3,
    flag: n % 3 === 0,
    text: `row ${n} – ü`,
    bytes: Buffer.from([n % 256, 0, 255]),
    fixed: Buffer.from([1, 2, 3, n % 256]),
    kind: n % 2 === 0 ? ('EVEN' as const) : ('ODD' as const),
    optional: n % 5 === 0 ? null : `optional ${n}`,
    list: [n, -n],
    map: { a: `${n}`, b: '' },
    nested: { deep: n % 7 === 0 ? null : n / 8 },
    day: new Date(Date.UTC(2026, 0, 1 + (n % 300))).toISOString().slice(0, 10),
    at_millis: new Date(Date.UTC(2026, 0, 1) + n),
    at_micros: 1_767_225_600_000_000n + BigInt(n),
    local_millis: 1_767_225_600_000 + n,
    price: `${n}.25`,
  }
}

type Catalog = ReturnType<typeof defineJob>['table']['catalog']

/** What the job has made of the topic, as one line per table: how many rows, and a checksum over all their columns. */
async function landed(catalog: Catalog): Promise<Record<string, unknown>> {
  const job = defineJob({
    name: `same-rows-${catalog.type}`,
    schema,
    source: { bootstrapBrokers: stack.bootstrapBrokers, topic, auth: { type: 'none' } },
    table: { catalog, namespace: 'web', name: 'every_type' },
    trigger: { type: 'availableNow' },
    checkpointLocation: join(stack.stateFolder, 'checkpoints', catalog.type),
  })
  const run = {
    stateFolder: stack.stateFolder,
    driverMemoryMb: 768,
    env: { ...process.env, ...stack.aws?.env },
  }
  await runJob(job, run)
  const query = queryRunner(catalog, run)
  const sum = (table: string, columns: string) =>
    `SELECT count(*) AS n, sum(xxhash64(to_json(struct(${columns})))) AS checksum FROM ${catalog.name}.web.${table}`
  const rows = await query([
    { id: 'rows', sql: sum('every_type', '*') },
    // When a record was found wanting is each run's own.
    {
      id: 'deadLetters',
      sql: sum('every_type_dead_letters', '_kafka_partition, _kafka_offset, payload, error'),
    },
  ])
  return Object.fromEntries([...rows].map(([id, [row]]) => [id, row]))
}

/** Records of a table in Glue as its metadata counts them, asked for without a query. */
async function recordsInGlue(name: string): Promise<number> {
  const { endpointUrl: endpoint, region, credentials } = stack.aws as NonNullable<typeof stack.aws>
  const client = { endpoint, region, credentials }
  const objects = createObjectStore({ ...client, pathStyle: true })
  const { metadata, metadataLocation } = await openTable(
    { type: 'glue', database: 'web', name, ...client },
    { objects },
  )
  expect(metadataLocation).toMatch(/^s3:\/\/tidewater\/warehouse\//)
  let counted = 0
  const report = await scanFiles(
    metadata,
    'current',
    {
      file: ({ content, recordCount }) => {
        if (content === 'data') counted += recordCount
      },
    },
    { objects },
  )
  expect(report.unreadable).toEqual([])
  objects.close()
  return counted
}

it('gives the same rows and dead letters on the Hadoop catalog and on Glue and S3', {
  timeout: 600_000,
}, async () => {
  const { endpointUrl: endpoint, region } = stack.aws ?? { endpointUrl: '', region: '' }
  const onFiles = await landed({ name: 'lake', type: 'hadoop', warehouse: stack.warehouseFolder })
  const onGlue = await landed({
    name: 'lake',
    type: 'glue',
    warehouse: 's3://tidewater/warehouse',
    region,
    endpoint,
  })
  const poison = records / poisonEvery
  expect(onFiles).toMatchObject({ rows: { n: String(records - poison) }, deadLetters: { n: String(poison) } })
  expect(onGlue).toEqual(onFiles)
  expect(await recordsInGlue('every_type')).toBe(records - poison)
  expect(await recordsInGlue('every_type_dead_letters')).toBe(poison)
})
