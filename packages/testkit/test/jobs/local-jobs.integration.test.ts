import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { avroSchema } from '@tidewater/core'
import { fileStore } from '@tidewater/core/storage'
import {
  attachJob,
  defineJob,
  type JobHandle,
  packageSpark,
  replaceJob,
  type SubmitOptions,
  submitBackfill,
  submitMaintenance,
  submitStreamingJob,
} from '@tidewater/emr'
import { createProducer } from '@tidewater/producer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalStack, localJobTarget, queryRunner, startLocal } from '../../src/index.js'
import { createTopic } from '../kafka-records.js'

const schema = avroSchema({ type: 'record', name: 'click', fields: [{ name: 'number', type: 'int' }] })
const topic = 'clicks'

describe('jobs on the local Spark', () => {
  let stack: LocalStack
  let options: SubmitOptions
  let sent = 0
  let running: JobHandle

  beforeAll(async () => {
    stack = await startLocal()
    await createTopic(stack.bootstrapBrokers, topic)
    // Runs outlive the stack if a test fails, and end with what it can no longer give them; so their folder is their own.
    const stateFolder = await mkdtemp(join(tmpdir(), 'tidewater-jobs-'))
    const { target, python } = await localJobTarget({ stateFolder, driverMemoryMb: 768 })
    options = {
      target,
      store: fileStore,
      stagingLocation: join(stateFolder, 'staging'),
      artifact: await packageSpark({ python }),
    }
  })
  afterAll(async () => {
    const left = await attachJob({ job: 'clicks' }, options).catch(() => undefined)
    await left?.cancel()
    await stack.stop()
  })

  const job = (intervalSeconds: number) =>
    defineJob({
      name: 'clicks',
      schema,
      source: { bootstrapBrokers: stack.bootstrapBrokers, topic, auth: { type: 'none' } },
      table: {
        catalog: { name: 'local', type: 'hadoop', warehouse: stack.warehouseFolder },
        namespace: 'web',
        name: 'clicks',
      },
      trigger: { type: 'processingTime', intervalSeconds },
      checkpointLocation: join(stack.stateFolder, 'checkpoint'),
    })
  const send = async (count: number) => {
    await using producer = await createProducer({ brokers: stack.bootstrapBrokers, topic, schema })
    for (const last = sent + count; sent < last; sent++) await producer.write({ number: sent })
    await producer.flush()
  }
  const untilRead = async (handle: JobHandle, offset: number) => {
    for (;;) {
      const read = (await handle.progress())?.queries.main?.endOffsets['0'] ?? 0
      if (read >= offset) return
      const { state } = await handle.status()
      if (state !== 'running') await handle.wait()
      await setTimeout(200)
    }
  }

  it('go on from their checkpoint when they were killed, and are found by who submits them again', async () => {
    await send(500)
    const first = await submitStreamingJob(job(1), options)
    await untilRead(first, 500)
    const found = await submitStreamingJob(job(1), options)
    expect(found.reference).toEqual(first.reference)

    const folder = (await first.status()).logFile?.replace(/stderr$/, '') ?? ''
    process.kill(Number(await readFile(join(folder, 'python.pid'), 'utf8')), 'SIGKILL')
    await send(500)
    await expect(first.wait()).rejects.toMatchObject({ code: 'JOB_INTERRUPTED' })
    running = await submitStreamingJob(job(1), options)
    expect(running.reference).not.toEqual(first.reference)
    await untilRead(running, 1_000)
  })

  it('are replaced under load', async () => {
    const sending = send(1_000)
    const { plan, handle, ended } = await replaceJob(job(2), options)
    expect(plan).toMatchObject({ action: 'replace', running: { id: running.reference.id } })
    expect(ended?.progress?.ended).toMatchObject({ event: 'stopped', reason: 'signal', graceful: true })
    await sending
    // All of the load may have gone to the earlier version: this is for the next one.
    await send(100)
    await untilRead(handle, sent)
    const end = await handle.stop()
    expect(end.status.state).toBe('succeeded')
    expect(end.progress?.queries.main?.recordsPerSecond).toBeGreaterThan(0)
  })

  it('read what is left as a backfill, maintain the table, and all of it is there once', async () => {
    await send(100)
    const backfill = await submitBackfill(job(2), options)
    expect((await backfill.wait()).progress?.ended).toMatchObject({ reason: 'available-now-done' })

    const { catalog, namespace, name } = job(1).table
    const maintenance = await submitMaintenance(
      { version: 1, table: { catalog, namespace, name }, operations: [{ operation: 'rewrite_manifests' }] },
      options,
    )
    expect((await maintenance.wait()).status.state).toBe('succeeded')

    const query = queryRunner(catalog, { stateFolder: stack.stateFolder, driverMemoryMb: 768 })
    const sql = 'SELECT count(*) AS n, count(DISTINCT number) AS d, max(number) AS m FROM local.web.clicks'
    const rows = await query([{ id: 'rows', sql }])
    expect(rows.get('rows')).toEqual([{ n: String(sent), d: String(sent), m: sent - 1 }])
  })

  it('bring back why they failed, in the words of the job', async () => {
    const broken = { ...job(1), name: 'broken', source: { ...job(1).source, topic: 'no-such-topic' } }
    const failing = await submitStreamingJob(broken, options)
    await expect(failing.wait()).rejects.toMatchObject({
      code: 'TOPIC_NOT_FOUND',
      details: { job: 'broken', sparkCode: 'topic-not-found', logFile: expect.stringMatching(/stderr$/) },
    })
  })
})
