import { type BatchReport, TidewaterError } from '@tidewater/core'
import type { RecordRange } from '../batch/batch.js'

/** What becomes of a batch after its report: every record in exactly one range. */
export type Settlement = Pick<BatchReport, 'delivered' | 'failed'>

/**
 * Reads the report of a batch of `count` records.
 *
 * Nothing is sent again here. The drivers retry what is safe to retry, batches the broker finds too large included; of
 * what they report as failed it may be unknown whether it was written, and sending it again could duplicate it.
 *
 * A record the report leaves out has failed: an exactly-once audit rests on these counts, so nothing is taken for granted.
 *
 * @throws TidewaterError `INTERNAL` for a report that mentions a record twice, or one the batch doesn't have
 */
export function settle(count: number, report: Settlement): Settlement {
  const gaps = uncovered(count, report)
  if (gaps.length === 0) return report
  const error = new TidewaterError('INTERNAL', 'The driver did not say what became of the record', {
    details: { batchRecords: count, gaps },
  })
  return {
    delivered: report.delivered,
    failed: [...report.failed, ...gaps.map((gap) => ({ ...gap, error }))],
  }
}

/** One failure for the whole batch. */
export function failAll(count: number, error: TidewaterError): Settlement {
  return { delivered: [], failed: [{ firstIndex: 0, count, error }] }
}

function uncovered(count: number, report: Settlement): RecordRange[] {
  const ranges = [...report.delivered, ...report.failed].sort((a, b) => a.firstIndex - b.firstIndex)
  const gaps: RecordRange[] = []
  let next = 0
  for (const range of ranges) {
    if (range.firstIndex < next || range.firstIndex + range.count > count) {
      throw new TidewaterError('INTERNAL', 'The driver reported a record twice, or one it was not given', {
        details: { firstIndex: range.firstIndex, count: range.count, batchRecords: count },
      })
    }
    if (range.firstIndex > next) gaps.push({ firstIndex: next, count: range.firstIndex - next })
    next = range.firstIndex + range.count
  }
  if (next < count) gaps.push({ firstIndex: next, count: count - next })
  return gaps
}
