import { isAtLeast, type Severity } from '@tidewater/core'
import { healthFindings, healthMarkdown, healthText, measureTable } from '@tidewater/iceberg-ops'
import type { CliIo } from '../io.js'
import { count } from '../terminal/format.js'
import { runStage } from '../terminal/progress.js'
import { writeJson } from '../terminal/report-error.js'
import { otherSource, type TableSourceOptions, tableSource, tableStore } from './table-source.js'

export interface TableHealthOptions extends TableSourceOptions {
  /** Size that data files are meant to have, where the table doesn't say so. */
  readonly targetFileSizeBytes?: number
  /** Looks for files that no metadata names and that are older than this. */
  readonly orphansOlderThanMs?: number
  /** Another catalog that should have the same table, as `otherSource` takes it. */
  readonly alsoIn?: string
  readonly failOn?: Severity
  readonly markdown: boolean
  readonly json: boolean
}

/** Measures a table by its metadata and prints figures and findings; returns whether a finding reaches `failOn`. */
export async function tableHealth(name: string, options: TableHealthOptions, io: CliIo): Promise<boolean> {
  const { source } = tableSource(name, options, io)
  const { targetFileSizeBytes, orphansOlderThanMs, failOn, alsoIn } = options
  const other = alsoIn === undefined ? {} : { alsoIn: otherSource(name, alsoIn, options, io) }
  const nowMs = io.now()
  const objects = tableStore(options)
  try {
    const health = await runStage(
      io,
      `Reading the metadata of ${name}`,
      () =>
        measureTable(name, source, {
          objects,
          nowMs,
          signal: io.signal,
          ...other,
          ...(targetFileSizeBytes === undefined ? {} : { targetFileSizeBytes }),
          ...(orphansOlderThanMs === undefined ? {} : { orphansOlderThanMs: nowMs - orphansOlderThanMs }),
        }),
      ({ dataFiles, partitions }) =>
        `${count(dataFiles.count)} data files in ${count(partitions.count)} partitions`,
    )
    const findings = healthFindings(health)
    if (options.json) writeJson(io, { health, findings })
    else io.stdout(options.markdown ? healthMarkdown(health, findings) : healthText(health, findings))
    return failOn !== undefined && findings.some(({ severity }) => isAtLeast(severity, failOn))
  } finally {
    objects.close()
  }
}
