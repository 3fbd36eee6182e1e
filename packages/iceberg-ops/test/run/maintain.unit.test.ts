import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, TidewaterError } from '@tidewater/core'
import { fileStore } from '@tidewater/core/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type MaintainOptions,
  type MaintenanceEngine,
  maintainTable,
  parsePolicy,
  type TableHealth,
} from '../../src/index.js'
import { nowMs, partitionOf, tableOf, tableWith } from '../health/table-fixture.js'

const small = tableWith(partitionOf('2026-01-29'))
const merged = tableWith(partitionOf('2026-01-29', { files: 1, candidateFiles: 0, candidateFilesAfter: 0 }))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-maintain-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A table that goes from one measurement to the next when an engine has run. */
function stage(states: readonly TableHealth[], run: MaintenanceEngine['run'] = async () => []) {
  let state = 0
  const ran: string[][] = []
  const engine: MaintenanceEngine = {
    name: 'spark',
    adapt: (plan) => plan,
    run: async (operations, call) => {
      ran.push(operations.map(({ operation }) => operation))
      const results = await run(operations, call)
      state = Math.min(state + 1, states.length - 1)
      return results
    },
  }
  const clock: Clock = { nowMs: () => performance.now(), random: () => 0, sleep: async () => {} }
  const options: MaintainOptions = {
    policy: parsePolicy({ version: 1, rules: [{ tables: ['*'] }] }),
    engine,
    measure: async () => states[state] as TableHealth,
    lease: { store: fileStore, folder: join(folder, 'lease'), holder: 'host 1' },
    now: () => nowMs,
    clock: { ...clock, sleep: (ms, signal) => (ms > 50_000 ? forever(signal) : Promise.resolve()) },
  }
  return { options, ran }
}

function forever(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new TidewaterError('ABORTED', 'aborted')), { once: true })
  })
}

describe('maintainTable', () => {
  it('does what is decided, and says what came of it', async () => {
    const { options, ran } = stage([small, merged])
    const outcome = await maintainTable(options)
    expect(ran).toEqual([['rewrite_data_files']])
    expect(outcome).toMatchObject({
      status: 'done',
      attempts: 1,
      effects: [{ name: 'rewrite_data_files', achieved: true }],
    })
    expect(outcome.after).toBe(merged)
  })

  it('does nothing to a healthy table, or by a dry run', async () => {
    const healthy = stage([tableOf()])
    expect(await maintainTable(healthy.options)).toMatchObject({ status: 'nothing-to-do', attempts: 0 })
    const dry = stage([small])
    expect(await maintainTable({ ...dry.options, dryRun: true })).toMatchObject({
      status: 'planned',
      attempts: 0,
    })
    expect([...healthy.ran, ...dry.ran]).toEqual([])
  })

  it('fails when a success changed nothing', async () => {
    const { options } = stage([small])
    await expect(maintainTable(options)).rejects.toMatchObject({
      code: 'MAINTENANCE_FAILED',
      message: expect.stringContaining('achieved nothing: files to rewrite in 1 partition: 100 became 100'),
      retryable: false,
    })
  })

  it('decides anew after a conflict, as often as it may, and not after another failure', async () => {
    let failures = 2
    const conflict = new TidewaterError('MAINTENANCE_FAILED', 'conflict', { retryable: true })
    const twice = stage([small, merged], async () => {
      if (failures-- > 0) throw conflict
      return []
    })
    expect(await maintainTable(twice.options)).toMatchObject({ status: 'done', attempts: 3 })
    const always = stage([small], () => Promise.reject(conflict))
    await expect(maintainTable({ ...always.options, maxAttempts: 2 })).rejects.toThrow('conflict')
    expect(always.ran).toHaveLength(2)
    const broken = stage([small], () => Promise.reject(new TidewaterError('MAINTENANCE_FAILED', 'broken')))
    await expect(maintainTable(broken.options)).rejects.toThrow('broken')
    expect(broken.ran).toHaveLength(1)
  })

  it('is one at a time: a second one is told who does it, and the table is free afterwards', async () => {
    let others: unknown
    const { options } = stage([small, merged], async () => {
      const second = stage([small, merged])
      others = await maintainTable({
        ...second.options,
        lease: { ...options.lease, holder: 'host 2' },
      }).catch((thrown) => thrown)
      return []
    })
    await maintainTable(options)
    expect(others).toMatchObject({
      code: 'TABLE_IN_USE',
      message: 'web.clicks is being maintained by host 1',
      retryable: true,
    })
    const third = stage([small, merged])
    expect(await maintainTable(third.options)).toMatchObject({ status: 'done' })
  })

  it('waits no longer than five minutes for one that has died', async () => {
    const { options, ran } = stage([small, merged])
    const left = join(folder, 'lease', '0')
    await mkdir(join(folder, 'lease'))
    await writeFile(left, JSON.stringify({ id: 'x', holder: 'host that died' }))
    const agoSeconds = (seconds: number) =>
      utimes(left, Date.now() / 1_000 - seconds, Date.now() / 1_000 - seconds)
    await agoSeconds(240)
    await expect(maintainTable(options)).rejects.toMatchObject({
      code: 'TABLE_IN_USE',
      details: { holder: 'host that died' },
    })
    expect(ran).toEqual([])
    await agoSeconds(301)
    expect(await maintainTable(options)).toMatchObject({ status: 'done' })
  })

  it('finds nothing left to do when another did it while this one waited', async () => {
    const { options, ran } = stage([small])
    const measured = [small, merged]
    const outcome = await maintainTable({ ...options, measure: async () => measured.shift() as TableHealth })
    expect(outcome).toMatchObject({ status: 'nothing-to-do' })
    expect(ran).toEqual([])
  })

  it('ends with its signal', async () => {
    const leaving = new AbortController()
    const { options } = stage([small, merged], async (_, { signal }) => {
      leaving.abort()
      signal?.throwIfAborted()
      return []
    })
    await expect(maintainTable({ ...options, signal: leaving.signal })).rejects.toThrow()
    const next = stage([small, merged])
    expect(await maintainTable(next.options)).toMatchObject({ status: 'done' })
  })
})
