import type { Audit, Decision, OperationEffect, TableHealth } from '@tidewater/iceberg-ops'
import { renderAudit } from '../commands/table-audit.js'
import { bytes, count, seconds, table } from '../terminal/format.js'

/** What the table consists of, by its metadata. */
export interface DemoTable {
  readonly dataFiles: number
  readonly dataFileBytes: number
  readonly records: number
  readonly snapshots: number
  readonly manifests: number
}

export function demoTable({ dataFiles, snapshots, manifests }: TableHealth): DemoTable {
  return {
    dataFiles: dataFiles.count,
    dataFileBytes: dataFiles.bytes,
    records: dataFiles.records,
    snapshots: snapshots.count,
    manifests: manifests.dataManifests + manifests.deleteManifests,
  }
}

/** What the demo found, all of it counted. 64-bit counts are `bigint`; in the JSON they are numbers. */
export interface DemoSummary {
  readonly exactlyOnce: boolean
  readonly produced: bigint
  readonly landed: bigint
  readonly deadLettered: bigint
  readonly duplicates: bigint
  readonly missing: bigint
  readonly produceRecordsPerSecond: number
  readonly encodedBytes: bigint
  /** Rows of the streaming job's micro-batches over the time those took, without Spark's start. */
  readonly streamRecordsPerSecond: number
  readonly microBatches: number
  readonly before: DemoTable
  readonly after: DemoTable
  readonly audits: { readonly afterStreaming: Audit; readonly afterMaintenance: Audit }
  readonly maintenance: {
    readonly decisions: readonly Decision[]
    readonly effects: readonly OperationEffect[]
  }
  readonly secondsByStage: Readonly<Record<string, number>>
  readonly seconds: number
  readonly stateFolder: string
  readonly bootstrapBrokers: string
  /** Where the jobs ran. */
  readonly place: string
}

/** The summary for people. */
export function renderSummary(summary: DemoSummary): string {
  const { before, after } = summary
  const lines = [
    `\n${verdict(summary)}\n\n`,
    renderAudit(summary.audits.afterMaintenance),
    '\n',
    table(
      ['table', 'before maintenance', 'after'],
      [
        ['data files', count(before.dataFiles), count(after.dataFiles)],
        ['mean file', bytes(mean(before)), bytes(mean(after))],
        ['snapshots', count(before.snapshots), count(after.snapshots)],
        ['manifests', count(before.manifests), count(after.manifests)],
        ['records', count(before.records), count(after.records)],
        ['bytes', bytes(before.dataFileBytes), bytes(after.dataFileBytes)],
      ],
    ),
    '\n',
    `  produced   ${count(Math.round(summary.produceRecordsPerSecond))} records/s, ${bytes(summary.encodedBytes)} of Avro\n`,
    `  streamed   ${count(Math.round(summary.streamRecordsPerSecond))} records/s in ${summary.microBatches} micro-batches\n`,
    `  jobs       ${summary.place}\n`,
    `  stages     ${Object.entries(summary.secondsByStage)
      .map(([stage, one]) => `${stage} ${seconds(one)}`)
      .join(', ')}\n`,
    `  in all     ${seconds(summary.seconds)}\n`,
  ]
  return lines.join('')
}

function verdict(summary: DemoSummary): string {
  if (summary.exactlyOnce)
    return `Exactly once: ${count(summary.produced)} records produced, each of them in the table once.`
  const { produced, landed, deadLettered, duplicates, missing } = summary
  return `NOT exactly once: ${count(produced)} produced, ${count(landed)} landed, ${count(deadLettered)} dead letters, ${count(duplicates)} duplicates, ${count(missing)} missing.`
}

function mean({ dataFiles, dataFileBytes }: DemoTable): number {
  return dataFiles === 0 ? 0 : Math.round(dataFileBytes / dataFiles)
}
