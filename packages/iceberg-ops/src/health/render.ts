import type { Finding } from '@tidewater/core'
import { bytesText, counted, countText, durationText, instantText, percentText } from './format.js'
import type { PartitionHealth, SizeClass, TableHealth } from './table-health.js'

/** Figures and findings as lines of text, for a terminal. */
export function healthText(health: TableHealth, findings: readonly Finding[]): string {
  const lines = [
    `${health.table}  ${health.snapshotId === null ? 'no snapshot' : `snapshot ${health.snapshotId}`}, Iceberg v${health.formatVersion}, measured ${instantText(health.measuredAtMs)}`,
    '',
    ...aligned(figures(health)),
  ]
  if (health.dataFiles.count > 0)
    lines.push('', 'Data files by size', ...histogram(health.dataFiles.histogram))
  const worst = health.partitions.listed.filter(({ candidateFiles }) => candidateFiles > 0).slice(0, 5)
  if (worst.length > 0)
    lines.push('', 'Partitions that compaction would help most', ...aligned(worst.map(partitionLine)))
  lines.push('', findings.length === 0 ? 'No findings.' : counted(findings.length, 'finding'))
  for (const { severity, id, evidence, reason, fix } of findings)
    lines.push('', `${severity.toUpperCase()} ${id}`, `  ${evidence}.`, `  ${reason}`, `  Fix: ${fix}`)
  return `${lines.join('\n')}\n`
}

/** The same as Markdown, for an issue or a wiki. */
export function healthMarkdown(health: TableHealth, findings: readonly Finding[]): string {
  const lines = [
    `# ${escaped(health.table)}`,
    '',
    `Snapshot ${health.snapshotId ?? 'none'}, Iceberg v${health.formatVersion}, measured ${instantText(health.measuredAtMs)}.`,
    '',
    '| Figure | Value |',
    '|---|---|',
    ...figures(health).map(([name, value]) => `| ${name} | ${escaped(value)} |`),
    '',
    '| Data files of | Count | Bytes |',
    '|---|---:|---:|',
    ...health.dataFiles.histogram.map(
      (sizes, at, all) =>
        `| ${className(sizes, all[at - 1])} | ${countText(sizes.count)} | ${bytesText(sizes.bytes)} |`,
    ),
    '',
    '## Findings',
    '',
  ]
  if (findings.length === 0) lines.push('None.')
  for (const { severity, id, evidence, reason, fix } of findings)
    lines.push(`- **${severity}** \`${id}\`: ${escaped(evidence)}. ${escaped(reason)} *Fix:* ${escaped(fix)}`)
  return `${lines.join('\n')}\n`
}

type Figure = readonly [name: string, value: string]

function figures(health: TableHealth): Figure[] {
  const { dataFiles, deletes, partitions, manifests, snapshots, metadata, compaction, orphans } = health
  const smallShare = dataFiles.count === 0 ? 0 : dataFiles.smallCount / dataFiles.count
  const mean = dataFiles.count === 0 ? 0 : dataFiles.bytes / dataFiles.count
  const span =
    snapshots.newestMs === null
      ? ''
      : `, newest ${durationText(Math.max(0, health.measuredAtMs - snapshots.newestMs))} old`
  const deleteFiles = deletes.positionDeleteFiles + deletes.equalityDeleteFiles + deletes.deletionVectors
  return [
    ['Records', countText(dataFiles.records)],
    [
      'Data files',
      `${countText(dataFiles.count)}, ${bytesText(dataFiles.bytes)}, ${bytesText(mean)} on average; target ${bytesText(dataFiles.targetBytes)}`,
    ],
    [
      'Small files',
      `${countText(dataFiles.smallCount)} (${percentText(smallShare)}) below ${bytesText(dataFiles.smallBelowBytes)}`,
    ],
    ['Delete files', deleteFiles === 0 ? 'none' : `${countText(deleteFiles)}, ${bytesText(deletes.bytes)}`],
    [
      'Partitions',
      `${countText(partitions.count)}, largest ${bytesText(partitions.largestBytes)}, median ${bytesText(partitions.medianBytes)}`,
    ],
    [
      'Manifests',
      `${countText(manifests.dataManifests + manifests.deleteManifests)}, ${bytesText(manifests.bytes)}; a partition is in ${manifests.meanManifestsPerPartition.toFixed(1)}`,
    ],
    ['Snapshots', `${countText(snapshots.count)}${span}`],
    [
      'Metadata',
      `${bytesText(metadata.currentBytes)}${metadata.ratioToData === null ? '' : ` (${percentText(metadata.ratioToData)} of the data)`}, ${counted(metadata.previousFiles, 'earlier metadata file')}`,
    ],
    ...health.streams
      .slice(0, 1)
      .map(
        ({ queryId, lastEpochId, commitIntervalMs }): Figure => [
          'Streaming query',
          `${queryId}, last epoch ${lastEpochId}${commitIntervalMs === null ? '' : `, commits every ${durationText(commitIntervalMs)}`}`,
        ],
      ),
    [
      'Compaction',
      compaction.candidateFiles === 0
        ? 'nothing to merge'
        : `${counted(compaction.candidateFiles, 'file')} of ${bytesText(compaction.candidateBytes)} to rewrite; ${countText(dataFiles.count)} files become ${countText(compaction.filesAfter)}, a scan's tasks ${countText(compaction.scanTasksNow)} become ${countText(compaction.scanTasksAfter)}`,
    ],
    ...(orphans === null
      ? []
      : [
          [
            'Orphan files',
            `${countText(orphans.count)} of ${countText(orphans.listedFiles)} listed, ${bytesText(orphans.bytes)}`,
          ] as const,
        ]),
  ]
}

function partitionLine({
  name,
  files,
  bytes,
  candidateFiles,
  candidateFilesAfter,
  lastWrittenMs,
}: PartitionHealth): Figure {
  const written = lastWrittenMs === null ? '' : `, written ${instantText(lastWrittenMs)}`
  return [
    name === '' ? 'whole table' : name,
    `${counted(files, 'file')}, ${bytesText(bytes)}; ${countText(candidateFiles)} become ${countText(candidateFilesAfter)}${written}`,
  ]
}

const barWidth = 40

function histogram(classes: readonly SizeClass[]): string[] {
  const most = Math.max(...classes.map(({ count }) => count))
  return aligned(
    classes.map((sizes, at): Figure => {
      const length = sizes.count === 0 ? 0 : Math.max(1, Math.round((sizes.count / most) * barWidth))
      return [
        className(sizes, classes[at - 1]),
        `${'█'.repeat(length)} ${countText(sizes.count)}`.trimStart(),
      ]
    }),
  )
}

function className({ belowBytes }: SizeClass, before: SizeClass | undefined): string {
  return belowBytes === null
    ? `${bytesText(before?.belowBytes ?? 0)} and more`
    : `below ${bytesText(belowBytes)}`
}

function aligned(figures: readonly Figure[]): string[] {
  const width = Math.max(...figures.map(([name]) => name.length))
  return figures.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
}

/** Text that Markdown would take for its own, as names of tables and partitions may be. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>|#]/g, '\\$&')
}
