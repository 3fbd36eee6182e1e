import { decideAudit } from '@tidewater/iceberg-ops'
import { describe, expect, it } from 'vitest'
import { describeDifferences } from '../src/commands/table-audit.js'
import { parseDemoOptions, shareRecords } from '../src/demo/options.js'
import { type DemoSummary, renderSummary } from '../src/demo/summary.js'

describe('shareRecords', () => {
  it.each([
    [10, 4, [3, 3, 2, 2]],
    [3, 4, [1, 1, 1, 0]],
    [0, 2, [0, 0]],
  ])('shares %i records among %i producers without losing one', (records, producers, shares) => {
    expect(shareRecords(records, producers)).toEqual(shares)
  })
})

describe('parseDemoOptions', () => {
  it('has the defaults the help states', () => {
    expect(parseDemoOptions({})).toEqual({
      records: 1_000_000,
      producers: 4,
      iam: false,
      aws: false,
      partitions: 3,
      microBatches: 8,
      seed: 1,
      sparkMemoryMb: 2_048,
      keep: false,
    })
  })

  it('names the option, the value and the limit', () => {
    expect(() => parseDemoOptions({ records: -5 })).toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/records: .*>=0.*, got -5/),
      }),
    )
  })
})

const inventory = { dataFiles: 24, dataFileBytes: 24 * 2 ** 20, records: 10, snapshots: 8, manifests: 8 }

function summaryOf(distinctOffsets: bigint): DemoSummary {
  const audit = decideAudit(
    [{ partition: 2, earliest: 0n, latest: 10n, delivered: 10n }],
    [{ partition: 2, landed: 10n, deadLettered: 0n, distinctOffsets, firstOffset: 0n, lastOffset: 9n }],
  )
  return {
    ...audit,
    produceRecordsPerSecond: 1_000,
    encodedBytes: 1_560n,
    streamRecordsPerSecond: 500,
    microBatches: 8,
    before: inventory,
    after: { ...inventory, dataFiles: 1, snapshots: 2 },
    audits: { afterStreaming: audit, afterMaintenance: audit },
    maintenance: { decisions: [], effects: [] },
    secondsByStage: { produce: 1.5 },
    seconds: 60,
    stateFolder: '/state',
    place: 'Spark on this machine, tables in a folder',
    bootstrapBrokers: '127.0.0.1:1',
  }
}

describe('the summary', () => {
  it('says exactly once only when the audit does', () => {
    expect(renderSummary(summaryOf(10n))).toContain('Exactly once: 10 records produced')
    expect(renderSummary(summaryOf(9n))).toContain(
      'NOT exactly once: 10 produced, 10 landed, 0 dead letters, 1 duplicates, 1 missing',
    )
  })

  it('names the partitions that differ', () => {
    expect(describeDifferences(summaryOf(9n).audits.afterMaintenance)).toEqual([
      'partition 2: 1 of the offsets 0 to 9 are missing; 1 rows repeat an offset',
    ])
    expect(describeDifferences(summaryOf(10n).audits.afterMaintenance)).toEqual([])
  })
})
