import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { identifyProcess } from '@tidewater/core/processes'
import { expect, test } from 'vitest'
import { expectGone, startFixture } from '../processes.js'

test.each([
  // Kafka, Python, Spark's JVM.
  ['start-stack.ts'],
  ['start-athena.ts'],
  // Three brokers, of which one can't even hear that it is to end.
  ['start-cluster.ts'],
])('no process and no temporary folder outlives a parent that was killed by SIGKILL: %s', async (fixture) => {
  const { child, firstLine } = startFixture(join(import.meta.dirname, '..', 'fixtures', fixture))
  const { pids, stateFolder } = JSON.parse(await firstLine) as { pids: number[]; stateFolder: string }
  expect(pids).toHaveLength(3)
  for (const pid of pids) expect(await identifyProcess(pid)).toBeDefined()
  expect(existsSync(stateFolder)).toBe(true)
  child.kill('SIGKILL')
  await expectGone(pids)
  await expect.poll(() => existsSync(stateFolder), { timeout: 20_000 }).toBe(false)
})
