import { chart } from '../produce/comparison/chart.js'
import { figure, spreadText } from '../produce/comparison/figures.js'
import { type Spread, spread } from '../produce/comparison/spread.js'
import { machineText, table } from '../produce/comparison/text-report.js'
import type { Machine } from '../produce/stage/machine.js'
import { type Contender, goal, peer } from './contenders.js'
import { cpuMicrosPerRecord, jvmCpuMicrosPerRecord, type Measured, recordsPerSecond } from './run.js'

export interface Outcome {
  readonly machine: Machine
  readonly setting: {
    readonly records: number
    readonly rounds: number
    readonly warmUpTurns: number
    readonly cores: number
    readonly partitions: number
  }
  readonly contenders: readonly Contender[]
  readonly measured: ReadonlyMap<string, readonly Measured[]>
}

export interface Row {
  readonly name: string
  readonly note: string
  readonly isOurs: boolean
  readonly rounds: number
  readonly recordsPerSecond: Spread
  readonly cpuMicrosPerRecord: Spread
  readonly jvmCpuMicrosPerRecord: Spread
  /** Records for the peer's CPU time of one, within a round; undefined where the two never met. */
  readonly recordsPerCpuSecond?: { readonly tasks: Spread; readonly jvm: Spread }
}

/** What the run says, for people, for programs and as a picture. */
export function reportOf({ machine, setting, contenders, measured }: Outcome) {
  const rows = contenders.flatMap((contender) => {
    const all = measured.get(contender.name) ?? []
    return all.length === 0 ? [] : [rowOf(contender, all, measured.get(peer) ?? [])]
  })
  const machineLine = machineText(machine)
  const settingLine = `${figure(setting.records)} NetFlow records in ${setting.partitions} partitions into an Iceberg table, Spark local[${setting.cores}], availableNow, ${setting.warmUpTurns} turns to warm up, ${setting.rounds} rounds`
  return {
    text: `\n${[`${machineLine}\n${settingLine}: median (least to most)`, rowsText(rows), goalText(rows)].join('\n\n')}`,
    json: `${JSON.stringify({ machine, setting, goal, rows, runs: Object.fromEntries(measured) }, null, 2)}\n`,
    svg: chart(rows, { title: 'Kafka to Iceberg', lines: [machineLine, settingLine] }),
  }
}

/** Ratios are taken within a round before the median: what slows the machine down for a round slows both. */
export function rowOf(
  { name, note, isOurs }: Pick<Contender, 'name' | 'note' | 'isOurs'>,
  all: readonly Measured[],
  ofPeer: readonly Measured[],
): Row {
  const ratio = (figureOf: (of: Measured) => number) =>
    spread(
      all.flatMap((one) => {
        const other = ofPeer.find(({ round }) => round === one.round)
        return other === undefined ? [] : [figureOf(other) / figureOf(one)]
      }),
    )
  const met = all.some(({ round }) => ofPeer.some((other) => other.round === round))
  return {
    name,
    note,
    isOurs,
    rounds: all.length,
    recordsPerSecond: spread(all.map(recordsPerSecond)),
    cpuMicrosPerRecord: spread(all.map(cpuMicrosPerRecord)),
    jvmCpuMicrosPerRecord: spread(all.map(jvmCpuMicrosPerRecord)),
    ...(met
      ? { recordsPerCpuSecond: { tasks: ratio(cpuMicrosPerRecord), jvm: ratio(jvmCpuMicrosPerRecord) } }
      : {}),
  }
}

function rowsText(rows: readonly Row[]): string {
  return table([
    [
      'contender',
      'records/s',
      'task CPU us/record',
      'JVM CPU us/record',
      `records per task CPU second / ${peer}`,
      '… per JVM CPU second',
      '',
    ],
    ...rows.map((row) => [
      row.name,
      spreadText(row.recordsPerSecond),
      spreadText(row.cpuMicrosPerRecord),
      spreadText(row.jvmCpuMicrosPerRecord),
      row.recordsPerCpuSecond === undefined ? '' : spreadText(row.recordsPerCpuSecond.tasks),
      row.recordsPerCpuSecond === undefined ? '' : spreadText(row.recordsPerCpuSecond.jvm),
      row.note,
    ]),
  ])
}

/**
 * By both: where a plan has a Python function, as the dead letters' has, tasks leave reading and decoding to a thread that Spark
 * does not count as theirs.
 */
function goalText(rows: readonly Row[]): string {
  const ratios = rows.find(({ name }) => name === goal.name)?.recordsPerCpuSecond
  const asked = `${goal.name}: at least ${goal.ratioAtLeast} times the records of ${peer} per CPU second, with the same rows`
  if (ratios === undefined) return `${asked}: not measured`
  const verdict = ({ median }: Spread) =>
    `${figure(median)}, ${median >= goal.ratioAtLeast ? 'met' : 'not met'}`
  return `${asked}\nOf the tasks: ${verdict(ratios.tasks)}\nOf the JVM: ${verdict(ratios.jvm)}`
}
