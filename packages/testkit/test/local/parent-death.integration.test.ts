import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { identifyProcess } from '../../src/supervisor/process-identity.js'
import { expectGone, startFixture } from '../processes.js'

test('no process and no temporary folder outlives a parent that was killed by SIGKILL', async () => {
  const { child, firstLine } = startFixture(join(import.meta.dirname, '..', 'fixtures', 'start-stack.ts'))
  const { pids, stateFolder } = JSON.parse(await firstLine) as { pids: number[]; stateFolder: string }
  // Kafka, Python, Spark's JVM.
  expect(pids).toHaveLength(3)
  for (const pid of pids) expect(await identifyProcess(pid)).toBeDefined()
  expect(existsSync(stateFolder)).toBe(true)
  child.kill('SIGKILL')
  await expectGone(pids)
  await expect.poll(() => existsSync(stateFolder), { timeout: 20_000 }).toBe(false)
})
