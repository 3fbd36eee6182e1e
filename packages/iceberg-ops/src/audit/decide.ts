/** What a partition should hold. */
export interface ExpectedPartition {
  readonly partition: number
  /** First offset that should have been read, and the next one to be written. */
  readonly earliest: bigint
  readonly latest: bigint
  /**
   * Records the producers' delivery reports count for the partition; undefined when the producers are not known, or when
   * `earliest` is not the topic's beginning, so that the reports count more than Kafka still holds.
   */
  readonly delivered?: bigint
}

/** What was counted in the tables; the columns of `landedStatement`. */
export interface LandedPartition {
  readonly partition: number
  readonly landed: bigint
  readonly deadLettered: bigint
  readonly distinctOffsets: bigint
  readonly firstOffset: bigint
  readonly lastOffset: bigint
}

/** A run of offsets, both ends included. */
export interface OffsetRun {
  readonly partition: number
  readonly firstOffset: bigint
  readonly lastOffset: bigint
}

export interface PartitionAudit {
  readonly partition: number
  /** Offsets in the audited range. */
  readonly expected: bigint
  readonly delivered: bigint | undefined
  readonly landed: bigint
  readonly deadLettered: bigint
  /** Rows beyond the first of each offset. */
  readonly duplicates: bigint
  /** Offsets of the range without a row. */
  readonly missing: bigint
  /** What is wrong, in words; empty when the partition is exact. */
  readonly problems: readonly string[]
}

export interface Audit {
  /** Every offset is in one of the tables once. Records may have been dead-lettered: `deadLettered` counts them. */
  readonly exactlyOnce: boolean
  readonly produced: bigint
  readonly landed: bigint
  readonly deadLettered: bigint
  readonly duplicates: bigint
  readonly missing: bigint
  readonly partitions: readonly PartitionAudit[]
  /** What is wrong beyond single partitions. */
  readonly problems: readonly string[]
  /** Offsets missing before the first and after the last one that landed. Those between, `gapsStatement` lists. */
  readonly missingAtTheEnds: readonly OffsetRun[]
}

/** Main-table rows and how many different record identities they have; the columns of `identityStatement`. */
export interface IdentityCount {
  readonly rows: bigint
  readonly identities: bigint
}

export interface AuditRules {
  readonly identity?: IdentityCount
  /** Whether a record may be in the dead-letter table instead of the main one. Default true. */
  readonly deadLettersAllowed?: boolean
}

/**
 * Decides whether every produced record is in the tables exactly once.
 *
 * A topic with transactional producers holds control records that have offsets but no payload: they show as missing, so
 * this audit is for topics without them.
 */
export function decideAudit(
  expected: readonly ExpectedPartition[],
  landed: readonly LandedPartition[],
  rules: AuditRules = {},
): Audit {
  const { identity, deadLettersAllowed = true } = rules
  const byPartition = new Map(landed.map((row) => [row.partition, row]))
  const partitions = expected.map((one) =>
    auditPartition(one, byPartition.get(one.partition), deadLettersAllowed),
  )
  const known = new Set(expected.map(({ partition }) => partition))
  const problems = landed
    .filter(({ partition }) => !known.has(partition))
    .map(
      ({ partition, landed: rows }) =>
        `${rows} rows of partition ${partition}, which the topic does not have`,
    )
  if (identity !== undefined && identity.rows !== identity.identities) {
    problems.push(`${identity.rows - identity.identities} rows repeat the identity of another row`)
  }
  const sum = (pick: (audit: PartitionAudit) => bigint) =>
    partitions.reduce((total, audit) => total + pick(audit), 0n)
  return {
    exactlyOnce: problems.length === 0 && partitions.every((audit) => audit.problems.length === 0),
    produced: sum((audit) => audit.delivered ?? audit.expected),
    landed: sum((audit) => audit.landed),
    deadLettered: sum((audit) => audit.deadLettered),
    duplicates: sum((audit) => audit.duplicates),
    missing: sum((audit) => audit.missing),
    partitions,
    problems,
    missingAtTheEnds: expected.flatMap((one) => missingAtTheEnds(one, byPartition.get(one.partition))),
  }
}

function auditPartition(
  expected: ExpectedPartition,
  row: LandedPartition | undefined,
  deadLettersAllowed: boolean,
): PartitionAudit {
  const range = expected.latest - expected.earliest
  const landed = row?.landed ?? 0n
  const deadLettered = row?.deadLettered ?? 0n
  const distinct = row?.distinctOffsets ?? 0n
  const duplicates = landed + deadLettered - distinct
  // Rows of offsets that retention has removed from Kafka are rightly in the table: only the kept range can be missing.
  const first = row === undefined || row.firstOffset > expected.earliest ? expected.earliest : row.firstOffset
  const missing = expected.latest - first > distinct ? expected.latest - first - distinct : 0n
  const problems: string[] = []
  if (missing > 0n) problems.push(`${missing} of the offsets ${first} to ${expected.latest - 1n} are missing`)
  if (duplicates > 0n) problems.push(`${duplicates} rows repeat an offset`)
  if (!deadLettersAllowed && deadLettered > 0n) problems.push(`${deadLettered} records are dead letters`)
  if (expected.delivered !== undefined && expected.delivered !== range) {
    problems.push(`producers were told of ${expected.delivered} deliveries, Kafka holds ${range} records`)
  }
  return {
    partition: expected.partition,
    expected: range,
    delivered: expected.delivered,
    landed,
    deadLettered,
    duplicates,
    missing,
    problems,
  }
}

function missingAtTheEnds(expected: ExpectedPartition, row: LandedPartition | undefined): OffsetRun[] {
  const { partition, earliest, latest } = expected
  if (row === undefined)
    return latest > earliest ? [{ partition, firstOffset: earliest, lastOffset: latest - 1n }] : []
  const runs: OffsetRun[] = []
  if (row.firstOffset > earliest)
    runs.push({ partition, firstOffset: earliest, lastOffset: row.firstOffset - 1n })
  if (row.lastOffset < latest - 1n)
    runs.push({ partition, firstOffset: row.lastOffset + 1n, lastOffset: latest - 1n })
  return runs
}
