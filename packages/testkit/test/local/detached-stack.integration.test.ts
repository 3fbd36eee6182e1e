import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localStatus, startLocal, stopLocal } from '../../src/index.js'
import { countRecords, createTopic, sendValues } from '../kafka-records.js'
import { expectGone, startFixture } from '../processes.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-detached-test-'))
})
afterEach(async () => {
  await stopLocal(folder)
  await rm(folder, { recursive: true, force: true })
})

const upFixture = join(import.meta.dirname, '..', 'fixtures', 'up.ts')

/** `upLocal` in a process that ends afterwards. */
async function up(): Promise<{ bootstrapBrokers: string; pid: number; wasRunning: boolean }> {
  const { child, firstLine } = startFixture(upFixture, { ...process.env, STATE_FOLDER: folder })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const answer = JSON.parse(await firstLine)
  expect(await ended).toBe(0)
  return answer
}

test('a stack outlives the process that started it, is found, and goes on with its data', async () => {
  expect(await localStatus(folder)).toEqual({ state: 'stopped', stateFolder: folder })
  const first = await up()
  expect(first.wasRunning).toBe(false)
  expect(await localStatus(folder)).toMatchObject({
    state: 'running',
    stack: { bootstrapBrokers: first.bootstrapBrokers, lifetime: 'detached' },
  })
  await createTopic(first.bootstrapBrokers, 'kept')
  await sendValues(first.bootstrapBrokers, 'kept', ['a', 'b'])

  const again = await up()
  expect(again).toEqual({ ...first, wasRunning: true })

  expect(await stopLocal(folder)).toEqual({ outcome: 'stopped', stateFolder: folder })
  await expectGone([first.pid])
  expect(await localStatus(folder)).toMatchObject({ state: 'stopped' })
  expect(await stopLocal(folder)).toMatchObject({ outcome: 'not-running' })

  const later = await up()
  expect(later.pid).not.toBe(first.pid)
  expect(await countRecords(later.bootstrapBrokers, 'kept')).toBe(2)
  await stopLocal(folder, { removeState: true })
  expect(await readdir(folder)).toEqual([])
})

test('a broker that was killed is not running, whatever the record says', async () => {
  const { pid } = await up()
  process.kill(pid, 'SIGKILL')
  await expectGone([pid])
  expect(await localStatus(folder)).toMatchObject({ state: 'stopped' })
  expect(await stopLocal(folder)).toMatchObject({ outcome: 'not-running' })
})

test('a stack can be left running after its start', async () => {
  const stack = await startLocal({ stateFolder: folder })
  await stack.detach()
  expect(await localStatus(folder)).toMatchObject({ state: 'running', stack: { lifetime: 'detached' } })
  const { pid } = stack.broker
  expect(await stopLocal(folder)).toMatchObject({ outcome: 'stopped' })
  await expectGone([pid])
})
