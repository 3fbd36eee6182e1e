/** What a partition should hold. */
export interface ExpectedPartition {
  readonly partition: number
  /** First offset kept in Kafka, and the next one to be written. */
  readonly earliest: bigint
  readonly latest: bigint
  /** Records the producers' delivery reports count for the partition; undefined when the producers are not known. */
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

export interface PartitionAudit {
  readonly partition: number
  /** Offsets in Kafka's range. */
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
  readonly exactlyOnce: boolean
  readonly produced: bigint
  readonly landed: bigint
  readonly deadLettered: bigint
  readonly duplicates: bigint
  readonly missing: bigint
  readonly partitions: readonly PartitionAudit[]
  /** What is wrong beyond single partitions. */
  readonly problems: readonly string[]
}

/** Main-table rows and how many different record identities they have; the columns of `identityStatement`. */
export interface IdentityCount {
  readonly rows: bigint
  readonly identities: bigint
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
  identity?: IdentityCount,
): Audit {
  const byPartition = new Map(landed.map((row) => [row.partition, row]))
  const partitions = expected.map((one) => auditPartition(one, byPartition.get(one.partition)))
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
  }
}

function auditPartition(expected: ExpectedPartition, row: LandedPartition | undefined): PartitionAudit {
  const range = expected.latest - expected.earliest
  const landed = row?.landed ?? 0n
  const deadLettered = row?.deadLettered ?? 0n
  const distinct = row?.distinctOffsets ?? 0n
  const duplicates = landed + deadLettered - distinct
  // Rows of offsets that retention has removed from Kafka are rightly in the table: only the kept range can be missing.
  const first = row === undefined ? expected.earliest : min(row.firstOffset, expected.earliest)
  const missing = max(expected.latest - first - distinct, 0n)
  const problems: string[] = []
  if (missing > 0n) problems.push(`${missing} of the offsets ${first} to ${expected.latest - 1n} are missing`)
  if (duplicates > 0n) problems.push(`${duplicates} rows repeat an offset`)
  if (row !== undefined && row.lastOffset >= expected.latest) {
    problems.push(`offset ${row.lastOffset} is in the table, but Kafka's last is ${expected.latest - 1n}`)
  }
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

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
