import type { Crowd } from '../crowd.js'
import type { Machine } from '../stage/machine.js'
import { figure, spreadText } from './figures.js'
import { comparisons, type cpuLimits } from './goals.js'
import type { Ratio } from './ratios.js'
import type { Row } from './rows.js'

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

export function rowsText(rows: readonly Row[]): string {
  return table([
    ['contender', 'records/s', 'CPU us/record', 'peak MB', 'client', ''],
    ...rows.map((row) => [
      row.name,
      spreadText(row.recordsPerSecond),
      spreadText(row.cpuMicrosPerRecord),
      figure(row.peakRssMb),
      row.client ?? 'tidewater',
      row.note,
    ]),
  ])
}

export function latencyText(rows: readonly Row[]): string {
  return table([
    ['contender', 'p50 ms', 'p99 ms', 'max ms', 'CPU us/record', ''],
    ...rows.flatMap(({ name, latencyMs, cpuMicrosPerRecord, note }) =>
      latencyMs === undefined
        ? []
        : [
            [
              name,
              spreadText(latencyMs.p50),
              spreadText(latencyMs.p99),
              spreadText(latencyMs.max),
              spreadText(cpuMicrosPerRecord),
              note,
            ],
          ],
    ),
  ])
}

export function ratiosText(ratios: readonly Ratio[]): string {
  return table([
    ['ours', 'peer', 'records/s: ours / peer', 'goal', '', 'CPU: ours / peer', 'goal', '', ''],
    ...ratios.map(({ ours, peer, recordsPerSecond, cpuMicrosPerRecord, goal, verdict, peerAhead }) => [
      ours,
      peer,
      spreadText(recordsPerSecond),
      goal === undefined ? '' : `>= ${goal.rateAtLeast}`,
      verdict?.rate ?? '',
      spreadText(cpuMicrosPerRecord),
      goal === undefined ? '' : `<= ${goal.cpuAtMost}`,
      verdict?.cpu ?? '',
      peerAhead.length === 0 ? '' : `${peer} is ahead: ${peerAhead.join(' and ')}`,
    ]),
  ])
}

/** The goals that are no ratio, and those nothing was measured for: a goal must not look met because it is absent. */
export function otherGoalsText(
  limits: typeof cpuLimits,
  rows: readonly Row[],
  ratios: readonly Ratio[],
): string {
  const limitLines = limits.map(({ name, cpuMicrosAtMost }) => {
    const median = rows.find((row) => row.name === name)?.cpuMicrosPerRecord.median
    const goal = `${name}: at most ${cpuMicrosAtMost} us of CPU a record`
    if (median === undefined) return `${goal}: not measured`
    return `${goal}: ${figure(median)}, ${median <= cpuMicrosAtMost ? 'met' : 'not met'}`
  })
  const notMeasured = comparisons.flatMap(({ ours, peer, goal }) =>
    goal === undefined || ratios.some((ratio) => ratio.ours === ours && ratio.peer === peer)
      ? []
      : [`${ours} against ${peer}: not measured`],
  )
  return [
    'Goals that are no ratio, and those that nothing was measured for:',
    ...limitLines,
    ...notMeasured,
  ].join('\n')
}

export function machineText({ cpu, cores, memoryGiB, kernel, node, kafka }: Machine): string {
  return `${cores} x ${cpu}, ${memoryGiB} GiB, ${kernel}, Node ${node}, Kafka ${kafka}`
}

export function crowdText({ producers, seconds, authentications, refused }: Crowd): string {
  return `${producers} producers at once through TLS and IAM: connected in ${seconds.toFixed(1)} s, ${authentications} authentications, ${refused} refused (quota: 100 new connections a second)`
}
