import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { avroSchema, ensureTopic, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { defineJob } from '@tidewater/emr'
import { startLocal } from '@tidewater/testkit'
import { expect, it } from 'vitest'
import { buildProgram } from '../src/program.js'
import { fakeIo } from './fake-io.js'

it('plans, submits, follows, replaces and stops a job on the local Spark', async () => {
  await using stack = await startLocal()
  const cwd = await mkdtemp(join(tmpdir(), 'tidewater-cli-jobs-'))
  const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers: stack.bootstrapBrokers }))
  await ensureTopic(admin, { topic: 'clicks', partitions: 1, replicationFactor: 1 })
  await admin.close()
  const write = (intervalSeconds: number, topic = 'clicks') =>
    writeFile(
      join(cwd, 'job.json'),
      JSON.stringify(
        defineJob({
          name: 'clicks',
          schema: avroSchema({ type: 'record', name: 'click', fields: [{ name: 'user', type: 'string' }] }),
          source: { bootstrapBrokers: stack.bootstrapBrokers, topic, auth: { type: 'none' } },
          table: {
            catalog: { name: 'local', type: 'hadoop', warehouse: stack.warehouseFolder },
            namespace: 'web',
            name: 'clicks',
          },
          trigger: { type: 'processingTime', intervalSeconds },
          checkpointLocation: join(cwd, 'checkpoint'),
        }),
      ),
    )
  const job = async (...args: string[]) => {
    const io = fakeIo({ cwd, now: Date.now })
    const common = ['--state-folder', 'state', '--driver-memory-mb', '768', '--json']
    const [command = '', ...options] = args
    await buildProgram(io).parseAsync([
      'node',
      'tidewater',
      'job',
      command,
      'job.json',
      ...common,
      ...options,
    ])
    return JSON.parse(io.out())
  }

  await write(1)
  expect(await job('submit', '--dry-run')).toMatchObject({ dryRun: true, plan: { action: 'start' } })
  const submitted = await job('submit')
  expect(submitted).toMatchObject({ target: 'local', job: 'clicks', kind: 'streaming', wasRunning: false })
  expect(await job('submit')).toMatchObject({ id: submitted.id, wasRunning: true })
  expect(await job('status')).toMatchObject({ id: submitted.id, status: { state: 'running' } })
  expect(await job('stop', '--dry-run')).toMatchObject({ action: 'stop', dryRun: true })

  await write(2)
  expect(await job('replace', '--dry-run')).toMatchObject({ action: 'replace', dryRun: true })
  const replaced = await job('replace')
  expect(replaced).toMatchObject({ action: 'replace', before: { id: submitted.id } })
  expect(replaced.id).not.toBe(submitted.id)
  await write(2, 'other')
  await expect(job('replace')).rejects.toMatchObject({ code: 'CHECKPOINT_INVALIDATED' })
  await write(2)
  expect(await job('logs', '--stdout')).toMatchObject({ id: replaced.id })
  expect(await job('stop')).toMatchObject({ id: replaced.id })
  const { status } = await job('status')
  expect(status.state).toMatch(/succeeded|cancelled/)
})
