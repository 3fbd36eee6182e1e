import { TidewaterError } from '@tidewater/core'
import { figure, spreadText } from '../produce/comparison/figures.js'
import { spread } from '../produce/comparison/spread.js'
import { machineText, table } from '../produce/comparison/text-report.js'
import type { Machine } from '../produce/stage/machine.js'

export interface HealthRun {
  readonly name: string
  readonly round: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly maxRssMiB: number
  readonly files: number
  readonly bytes: number
}

export interface HealthSetting {
  readonly files: number
  readonly partitions: number
  readonly filesPerManifest: number
  readonly rounds: number
}

const goals = { secondsAtMost: 20, maxRssMiBAtMost: 400, timesPyiceberg: 3 }

/** @throws TidewaterError `AUDIT_FAILED` when two that read the same table found different files */
export function healthReport(machine: Machine, setting: HealthSetting, runs: readonly HealthRun[]) {
  const whole = runs.filter(({ name }) => name !== 'tidewater-tenth')
  const [first] = whole
  const other = whole.find(({ files, bytes }) => files !== first?.files || bytes !== first?.bytes)
  if (other !== undefined)
    throw new TidewaterError(
      'AUDIT_FAILED',
      `${other.name} found ${other.files} files of ${other.bytes} bytes, and ${first?.name} ${first?.files} of ${first?.bytes}`,
    )
  const names = [...new Set(runs.map(({ name }) => name))]
  const rows = names.map((name) => {
    const own = runs.filter((run) => run.name === name)
    const figures = (pick: (run: HealthRun) => number) => spread(own.map(pick))
    const ratios = own.flatMap(({ round, seconds }) => {
      const peer = runs.find((run) => run.name === 'pyiceberg' && run.round === round)
      return peer === undefined || name === 'tidewater-tenth' ? [] : [peer.seconds / seconds]
    })
    return {
      name,
      files: own[0]?.files ?? 0,
      seconds: figures(({ seconds }) => seconds),
      cpuSeconds: figures(({ cpuSeconds }) => cpuSeconds),
      maxRssMiB: figures(({ maxRssMiB }) => maxRssMiB),
      ...(ratios.length === 0 ? {} : { timesPyiceberg: spread(ratios) }),
    }
  })
  const text = table([
    ['contender', 'files', 'seconds', 'CPU seconds', 'most memory, MiB', 'times as fast as pyiceberg'],
    ...rows.map((row) => [
      row.name,
      figure(row.files),
      spreadText(row.seconds),
      spreadText(row.cpuSeconds),
      spreadText(row.maxRssMiB),
      row.timesPyiceberg === undefined ? '' : spreadText(row.timesPyiceberg),
    ]),
  ])
  const settingLine = `${figure(setting.files)} data files in ${figure(setting.partitions)} partitions, ${setting.filesPerManifest} to a manifest, statistics of 17 columns; ${setting.rounds} rounds: median (least to most)`
  const goal = `Goals: at most ${goals.secondsAtMost} s and ${goals.maxRssMiBAtMost} MiB, at least ${goals.timesPyiceberg} times as fast as pyiceberg's inspect.files()`
  return {
    text: `\n${machineText(machine)}\n${settingLine}\n\n${text}\n\n${goal}`,
    json: `${JSON.stringify({ machine, setting, goals, rows, runs }, null, 2)}\n`,
  }
}
