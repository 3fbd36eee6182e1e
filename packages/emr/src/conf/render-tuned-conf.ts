import { alignedTable, type Row, renderFindings, section } from '../rendering.js'
import type { Source } from '../sources.js'
import type { TunedConf, TunedScope } from './tuned-conf.js'

const titles: Readonly<Record<TunedScope, string>> = {
  query: 'Streaming query',
  source: 'Kafka source',
  spark: 'Spark configuration',
  table: 'Iceberg table',
}

/**
 * What was tuned, for people: key, value and reason, what was overridden, and the findings.
 *
 * @param columns of the terminal; default 120
 */
export function renderTunedConf(tuned: TunedConf, columns?: number): string {
  const cited = [...new Set(tuned.entries.map(({ source }) => source))]
  const scopes = Object.entries(titles) as [TunedScope, string][]
  const sections = scopes.map(([scope, title]) => {
    const rows = tuned.entries
      .filter((entry) => entry.scope === scope)
      .map(({ key, value, reason, source }): Row => [key, value, `${reason} [${cited.indexOf(source) + 1}]`])
    return section(title, alignedTable(rows, columns))
  })
  const overridden = tuned.overridden.map(({ key, value, recommended, reason }): Row => {
    const instead =
      recommended === undefined ? 'nothing is recommended' : `instead of ${recommended}: ${reason}`
    return [key, value, instead]
  })
  return [
    ...sections,
    section('Overridden', alignedTable(overridden, columns)),
    section('Sources', cited.map((source, index) => citation(source, index + 1)).join('')),
    section('Findings', renderFindings(tuned.findings)),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

function citation({ title, url, trust }: Source, number: number): string {
  return `  [${number}] ${trust}: ${title}${url === undefined ? '' : ` (${url})`}\n`
}
