import { describe, expect, it } from 'vitest'
import { costOf, standingOf } from '../../src/athena/answer.js'

const failed = (reason: string, error: object = {}) => ({
  Status: { State: 'FAILED', StateChangeReason: reason, AthenaError: error },
})

describe('an answer of Athena', () => {
  it.each([
    [{}, { state: 'running' }],
    [{ Status: { State: 'QUEUED' } }, { state: 'running' }],
    [{ Status: { State: 'SUCCEEDED' } }, { state: 'done' }],
    [{ Status: { State: 'CANCELLED', StateChangeReason: 'by x' } }, { state: 'cancelled', reason: 'by x' }],
    [
      failed(
        'ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED: Optimize could not process all partitions. Processed 100 partitions in this round. Please run again.',
        { ErrorCategory: 2, ErrorType: 233, Retryable: false },
      ),
      { state: 'more-runs', progress: 'Processed 100 partitions in this round' },
    ],
    [
      failed('ICEBERG_VACUUM_MORE_RUNS_NEEDED: Removed 20000 files in this round'),
      { state: 'more-runs', progress: 'Removed 20000 files in this round' },
    ],
    [
      failed('ICEBERG_VACUUM_MORE_RUNS_NEEDED'),
      { state: 'more-runs', progress: 'ICEBERG_VACUUM_MORE_RUNS_NEEDED' },
    ],
    [
      failed('Query timeout', { ErrorCategory: 1, ErrorType: 206 }),
      { state: 'timed-out', reason: 'Query timeout' },
    ],
    [failed('no such column'), { state: 'failed', reason: 'no such column', retryable: false }],
    [failed('slow', { Retryable: true }), { state: 'failed', reason: 'slow', retryable: true }],
    [
      failed('ICEBERG_COMMIT_ERROR: Failed to commit'),
      { state: 'failed', reason: 'ICEBERG_COMMIT_ERROR: Failed to commit', retryable: true },
    ],
    [
      { Status: { State: 'FAILED', AthenaError: { ErrorMessage: 'why' } } },
      { state: 'failed', reason: 'why', retryable: false },
    ],
  ])('%j', (answer, standing) => {
    expect(standingOf(answer)).toEqual(standing)
  })

  it('says what it cost, once it says so', () => {
    expect(costOf({})).toEqual({ scannedBytes: 0, executionMs: 0 })
    expect(costOf({ Statistics: { DataScannedInBytes: 5, TotalExecutionTimeInMillis: 7 } })).toEqual({
      scannedBytes: 5,
      executionMs: 7,
    })
  })
})
