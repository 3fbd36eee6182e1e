import { chart } from './comparison/chart.js'
import { figure } from './comparison/figures.js'
import { comparisons, cpuLimits } from './comparison/goals.js'
import { ratiosOf } from './comparison/ratios.js'
import { type Named, rowOf } from './comparison/rows.js'
import {
  crowdText,
  latencyText,
  machineText,
  otherGoalsText,
  ratiosText,
  rowsText,
} from './comparison/text-report.js'
import type { Crowd } from './crowd.js'
import type { Measured } from './run.js'
import type { Machine } from './stage/machine.js'

export interface Failure {
  readonly name: string
  readonly reason: string
}

export interface Outcome {
  readonly machine: Machine
  readonly setting: { readonly records: number; readonly rounds: number; readonly averageBytes: number }
  readonly contenders: readonly Named[]
  readonly measured: ReadonlyMap<string, readonly Measured[]>
  readonly failures: readonly Failure[]
  readonly crowd: Crowd | undefined
}

/** What the run says, for people, for programs and as a picture. */
export function reportOf({ machine, setting, contenders, measured, failures, crowd }: Outcome) {
  const rows = contenders.flatMap((contender) => {
    const all = measured.get(contender.name) ?? []
    return all.length === 0 ? [] : [rowOf(contender, all)]
  })
  const atFullSpeed = rows.filter(({ latencyMs }) => latencyMs === undefined)
  const paced = rows.filter(({ latencyMs }) => latencyMs !== undefined)
  const ratios = ratiosOf(comparisons, measured)
  const machineLine = machineText(machine)
  const settingLine = `Up to ${figure(setting.records)} NetFlow Avro records of ${figure(setting.averageBytes)} bytes, snappy, linger 5 ms, 3 partitions, one broker on the same machine; ${setting.rounds} rounds`
  const sections = [
    `${machineLine}\n${settingLine}: median (least to most)`,
    atFullSpeed.length > 0 ? rowsText(atFullSpeed) : '',
    paced.length > 0 ? `From write to acknowledgement:\n${latencyText(paced)}` : '',
    ratios.length > 0 ? `Ratios within a round; goals are judged by the median:\n${ratiosText(ratios)}` : '',
    otherGoalsText(cpuLimits, rows, ratios),
    crowd === undefined ? '' : crowdText(crowd),
    ...failures.map(({ name, reason }) => `FAILED: ${name}: ${reason}`),
  ]
  return {
    text: `\n${sections.filter((section) => section !== '').join('\n\n')}`,
    json: `${JSON.stringify({ machine, setting, rows, ratios, cpuLimits, crowd, failures, runs: Object.fromEntries(measured) }, null, 2)}\n`,
    svg: chart(atFullSpeed, { title: 'Kafka producers', lines: [machineLine, settingLine] }),
  }
}
