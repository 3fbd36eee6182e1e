import { describe, expect, it } from 'vitest'
import { decideAudit, type ExpectedPartition, type LandedPartition } from '../src/index.js'

const expected = (partition: number, latest: bigint, delivered = latest): ExpectedPartition => ({
  partition,
  earliest: 0n,
  latest,
  delivered,
})
const landed = (
  partition: number,
  rows: bigint,
  overrides: Partial<LandedPartition> = {},
): LandedPartition => ({
  partition,
  landed: rows,
  deadLettered: 0n,
  distinctOffsets: rows,
  firstOffset: 0n,
  lastOffset: rows - 1n,
  ...overrides,
})

describe('decideAudit', () => {
  it('passes when every offset is there once', () => {
    const audit = decideAudit([expected(0, 10n), expected(1, 5n)], [landed(0, 10n), landed(1, 5n)])
    expect(audit).toMatchObject({
      exactlyOnce: true,
      produced: 15n,
      landed: 15n,
      duplicates: 0n,
      missing: 0n,
    })
  })

  it('counts a dead letter as landed once', () => {
    const audit = decideAudit(
      [expected(0, 10n)],
      [landed(0, 9n, { deadLettered: 1n, distinctOffsets: 10n, lastOffset: 9n })],
    )
    expect(audit).toMatchObject({ exactlyOnce: true, landed: 9n, deadLettered: 1n, missing: 0n })
  })

  it('finds a gap that a duplicate hides from the row count', () => {
    const audit = decideAudit([expected(0, 10n)], [landed(0, 10n, { distinctOffsets: 9n })])
    expect(audit).toMatchObject({ exactlyOnce: false, duplicates: 1n, missing: 1n })
    expect(audit.partitions[0]?.problems).toEqual([
      '1 of the offsets 0 to 9 are missing',
      '1 rows repeat an offset',
    ])
  })

  it('finds a partition of which nothing landed', () => {
    const audit = decideAudit([expected(0, 10n), expected(1, 4n)], [landed(0, 10n)])
    expect(audit).toMatchObject({ exactlyOnce: false, missing: 4n })
    expect(
      audit.partitions.filter(({ problems }) => problems.length > 0).map(({ partition }) => partition),
    ).toEqual([1])
  })

  it('is content with an empty topic', () => {
    expect(decideAudit([expected(0, 0n)], [])).toMatchObject({ exactlyOnce: true, produced: 0n, landed: 0n })
  })

  it('finds what Kafka holds beyond the delivery reports', () => {
    const audit = decideAudit([expected(0, 10n, 9n)], [landed(0, 10n)])
    expect(audit.exactlyOnce).toBe(false)
    expect(audit.partitions[0]?.problems).toEqual([
      'producers were told of 9 deliveries, Kafka holds 10 records',
    ])
  })

  it('accepts rows whose offsets retention has removed from Kafka', () => {
    const audit = decideAudit([{ partition: 0, earliest: 6n, latest: 10n }], [landed(0, 10n)])
    expect(audit).toMatchObject({ exactlyOnce: true, missing: 0n, duplicates: 0n })
  })

  it('says which offsets are missing before the first and after the last that landed', () => {
    const row = landed(0, 4n, { firstOffset: 2n, lastOffset: 5n })
    const audit = decideAudit([expected(0, 10n), expected(1, 3n)], [row])
    expect(audit).toMatchObject({ exactlyOnce: false, missing: 9n })
    expect(audit.missingAtTheEnds).toEqual([
      { partition: 0, firstOffset: 0n, lastOffset: 1n },
      { partition: 0, firstOffset: 6n, lastOffset: 9n },
      { partition: 1, firstOffset: 0n, lastOffset: 2n },
    ])
  })

  it('accepts dead letters only where they are allowed', () => {
    const rows = [landed(0, 0n, { deadLettered: 10n, distinctOffsets: 10n, lastOffset: 9n })]
    expect(decideAudit([expected(0, 10n)], rows).exactlyOnce).toBe(true)
    const strict = decideAudit([expected(0, 10n)], rows, { deadLettersAllowed: false })
    expect(strict.exactlyOnce).toBe(false)
    expect(strict.partitions[0]?.problems).toEqual(['10 records are dead letters'])
  })

  it('finds rows of partitions that Kafka does not have', () => {
    const foreign = decideAudit([expected(0, 1n)], [landed(0, 1n), landed(7, 3n)])
    expect(foreign).toMatchObject({
      exactlyOnce: false,
      problems: ['3 rows of partition 7, which the topic does not have'],
    })
  })

  it('finds records that were written to Kafka twice by their identity', () => {
    const audit = decideAudit([expected(0, 10n)], [landed(0, 10n)], {
      identity: { rows: 10n, identities: 8n },
    })
    expect(audit).toMatchObject({
      exactlyOnce: false,
      problems: ['2 rows repeat the identity of another row'],
    })
  })
})
