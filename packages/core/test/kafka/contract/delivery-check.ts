import type { BatchReport } from '../../../src/kafka/port.js'

/** One call of `send`: its records, each with a text that no other record has, and what was reported of them. */
export interface SentBatch {
  readonly report: BatchReport
  readonly texts: readonly string[]
}

export interface LoggedRecord {
  readonly offset: bigint
  readonly text: string
}

export type AnomalyKind =
  /** Reported delivered, and not in the log. */
  | 'lost'
  /** More than once in the log, and no report says that this may be. */
  | 'duplicated'
  /** Behind a record that was sent later. */
  | 'reordered'
  /** Delivered, and not at the offset of its report. */
  | 'misplaced'
  /** In the log, though reported as failed and not written. */
  | 'written-after-all'
  /** In none or in several of the ranges of its report. */
  | 'not-reported-once'
  /** In the log, and nobody sent it. */
  | 'never-sent'

export interface Anomaly {
  readonly kind: AnomalyKind
  readonly partition: number
  readonly text: string
  readonly where: string
}

export interface DeliveryCheck {
  readonly anomalies: readonly Anomaly[]
  readonly delivered: number
  readonly failed: number
  /** Delivered records whose report says that they may be in the log twice. */
  readonly mayBeRepeated: number
}

interface Outcome {
  readonly text: string
  readonly reportedTimes: number
  /** Offset of its report; undefined when it failed. */
  readonly offset: bigint | undefined
  readonly isDelivered: boolean
  readonly mayBeRepeated: boolean
  readonly mayBeWritten: boolean
}

/**
 * Compares what was reported with what is in the log.
 *
 * @param sent every batch, in the order of the calls
 * @param log by partition, in the order of the log
 */
export function checkDelivery(
  sent: readonly SentBatch[],
  log: ReadonlyMap<number, readonly LoggedRecord[]>,
): DeliveryCheck {
  const outcomes = new Map<number, Outcome[]>([...log.keys()].map((partition) => [partition, []]))
  for (const { report, texts } of sent) {
    const ofPartition = outcomes.get(report.partition) ?? []
    outcomes.set(report.partition, ofPartition)
    for (const outcome of outcomesOf(report, texts)) ofPartition.push(outcome)
  }
  const anomalies = [...outcomes].flatMap(([partition, ofPartition]) =>
    checkPartition(partition, ofPartition, log.get(partition) ?? []),
  )
  const all = [...outcomes.values()].flat()
  const delivered = all.filter(({ isDelivered }) => isDelivered)
  return {
    anomalies,
    delivered: delivered.length,
    failed: all.length - delivered.length,
    mayBeRepeated: delivered.filter(({ mayBeRepeated }) => mayBeRepeated).length,
  }
}

function outcomesOf(report: BatchReport, texts: readonly string[]): Outcome[] {
  return texts.map((text, index) => {
    const covers = ({ firstIndex, count }: { firstIndex: number; count: number }) =>
      firstIndex <= index && index < firstIndex + count
    const delivered = report.delivered.filter(covers)
    const failed = report.failed.filter(covers)
    const [range] = delivered
    return {
      text,
      reportedTimes: delivered.length + failed.length,
      offset:
        range?.baseOffset === undefined ? undefined : range.baseOffset + BigInt(index - range.firstIndex),
      isDelivered: range !== undefined,
      mayBeRepeated: range?.mayBeRepeated === true,
      mayBeWritten: failed.some(({ error }) => error.details.mayBeWritten === true),
    }
  })
}

function checkPartition(
  partition: number,
  outcomes: readonly Outcome[],
  log: readonly LoggedRecord[],
): Anomaly[] {
  const anomalies: Anomaly[] = []
  const found = (kind: AnomalyKind, text: string, where: string) =>
    anomalies.push({ kind, partition, text, where })
  const offsets = new Map<string, bigint[]>()
  for (const { text, offset } of log) {
    const known = offsets.get(text)
    if (known === undefined) offsets.set(text, [offset])
    else known.push(offset)
  }

  for (const { text, reportedTimes, offset, isDelivered, mayBeRepeated, mayBeWritten } of outcomes) {
    const at = offsets.get(text) ?? []
    const where = `at ${at.join(', ') || 'no offset'}`
    if (reportedTimes !== 1) found('not-reported-once', text, `in ${reportedTimes} ranges`)
    if (isDelivered && at.length === 0) found('lost', text, `reported at ${offset}`)
    if (at.length > 1 && !mayBeRepeated) found('duplicated', text, where)
    if (isDelivered && at.length > 0 && !at.some((one) => one === offset))
      found('misplaced', text, `${where}, reported at ${offset}`)
    if (!isDelivered && !mayBeWritten && at.length > 0) found('written-after-all', text, where)
  }

  const turns = new Map(outcomes.map(({ text }, turn) => [text, turn]))
  const seen = new Set<string>()
  let latest = -1
  for (const { text, offset } of log) {
    const turn = turns.get(text)
    if (turn === undefined) found('never-sent', text, `at ${offset}`)
    // A repetition is told of above, whatever its place.
    if (turn === undefined || seen.has(text)) continue
    seen.add(text)
    if (turn < latest) found('reordered', text, `at ${offset}, behind ${outcomes[latest]?.text}`)
    latest = Math.max(latest, turn)
  }
  return anomalies
}
