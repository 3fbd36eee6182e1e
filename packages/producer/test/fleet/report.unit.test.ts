import { describe, expect, test } from 'vitest'
import type { WorkerPlan } from '../../src/fleet/plan.js'
import { fleetReport, rateBase, type WorkerStatus } from '../../src/fleet/report.js'
import { RestartBudget } from '../../src/fleet/restart-budget.js'
import { WorkerCounters } from '../../src/fleet/worker-counters.js'

function statuses(count: number): WorkerStatus[] {
  const memory = WorkerCounters.memory(count)
  return Array.from({ length: count }, (_, index) => ({
    plan: { index, clientId: `Kafka-P${101 + index}`, thread: index % 2, records: 100 } as WorkerPlan,
    counters: new WorkerCounters(memory, index),
    state: 'up',
    restarts: index,
    failure: undefined,
  }))
}

describe('a report', () => {
  test('adds up its workers, each in memory of its own', () => {
    const workers = statuses(3)
    for (const [index, { counters }] of workers.entries()) {
      counters.writtenRecords = 40
      counters.noteDelivered(30, 3_000)
      counters.noteUndelivered(index, 'RECORD_TOO_LARGE', false)
      counters.noteUndelivered(1, 'DELIVERY_TIMEOUT', true)
      counters.latency.record(10)
    }
    const report = fleetReport(workers, 10)
    expect(report).toMatchObject({
      workersUp: 3,
      plannedRecords: 300,
      writtenRecords: 120,
      deliveredRecords: 90,
      failedRecords: 3,
      uncertainRecords: 3,
      deliveredBytes: 9_000,
      errors: { RECORD_TOO_LARGE: 3, DELIVERY_TIMEOUT: 3 },
      latency: { samples: 3 },
      restarts: 3,
      recordsPerSecond: 9,
      bytesPerSecond: 900,
    })
    expect(report.workers[2]).toMatchObject({
      clientId: 'Kafka-P103',
      failedRecords: 2,
      errors: { RECORD_TOO_LARGE: 2, DELIVERY_TIMEOUT: 1 },
      recordsPerSecond: 3,
    })
    expect(report.workers[0]?.errors).toEqual({ DELIVERY_TIMEOUT: 1 })
  })

  test('has the rates of the stretch since the one before', () => {
    const workers = statuses(2)
    workers[0]?.counters.noteDelivered(50, 500)
    const first = fleetReport(workers, 1)
    workers[1]?.counters.noteDelivered(30, 300)
    const second = fleetReport(workers, 3, rateBase(first))
    expect(first.recordsPerSecond).toBe(50)
    expect(second).toMatchObject({ recordsPerSecond: 15, bytesPerSecond: 150, deliveredRecords: 80 })
    expect(second.workers.map(({ recordsPerSecond }) => recordsPerSecond)).toEqual([0, 15])
  })

  test('before anything happened has no rate and no latency', () => {
    expect(fleetReport(statuses(1), 0)).toMatchObject({ recordsPerSecond: 0, latency: { p50Ms: undefined } })
  })
})

test('what a thread had not settled when it ended is uncertain, once', () => {
  const counters = new WorkerCounters(WorkerCounters.memory(1), 0)
  counters.writtenRecords = 100
  counters.noteDelivered(60, 600)
  counters.noteUndelivered(5, 'RECORD_INVALID', false)
  expect(counters.settleLost()).toBe(35)
  expect(counters.settleLost()).toBe(0)
  expect(counters).toMatchObject({ deliveredRecords: 60, failedRecords: 5, uncertainRecords: 35 })
})

describe('restarts', () => {
  const run = { startedAtMs: 0, nowMs: 1_000, retryable: true }

  test('are bounded, further and further apart', () => {
    const budget = new RestartBudget()
    const delays = [1, 2, 3, 4].map(() => budget.next(run, 0))
    expect(delays).toEqual([100, 200, 400, 800].map((delayMs) => ({ retry: true, delayMs })))
    expect(budget.next(run, 0)).toEqual({ retry: false, reason: 'attempts-exhausted' })
  })

  test('are counted anew after a minute of work', () => {
    const budget = new RestartBudget()
    for (let failure = 0; failure < 4; failure++) budget.next(run, 0)
    expect(budget.next({ startedAtMs: 5_000, nowMs: 65_000, retryable: true }, 0)).toEqual({
      retry: true,
      delayMs: 100,
    })
  })

  test('do not follow a failure that can’t pass', () => {
    expect(new RestartBudget().next({ ...run, retryable: false }, 0).retry).toBe(false)
  })
})
