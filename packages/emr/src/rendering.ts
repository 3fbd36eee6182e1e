import type { Finding } from '@tidewater/core'

/** Wide enough for a reason, and for most terminals. */
const defaultColumns = 120
const leastReasonColumns = 30

export type Row = readonly [key: string, value: string, reason: string]

/** Rows of key, value and reason; the first two aligned, the last one in lines of its own column. */
export function alignedTable(rows: readonly Row[], columns: number = defaultColumns): string {
  const keyWidth = Math.max(0, ...rows.map(([key]) => key.length))
  const valueWidth = Math.max(0, ...rows.map(([, value]) => value.length))
  const indent = keyWidth + valueWidth + 6
  const reasonWidth = Math.max(leastReasonColumns, columns - indent)
  return rows
    .map(([key, value, reason]) => {
      const [first = '', ...rest] = wrap(reason, reasonWidth)
      const lines = [`  ${key.padEnd(keyWidth)}  ${value.padEnd(valueWidth)}  ${first}`]
      lines.push(...rest.map((line) => `${' '.repeat(indent)}${line}`))
      return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
    })
    .join('')
}

export function renderFindings(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ id, severity, subject, evidence, reason, fix }) =>
        `  ${severity} ${id}: ${subject}\n    ${evidence}\n    ${reason}\n    fix: ${fix}\n`,
    )
    .join('')
}

export function section(title: string, body: string): string {
  return body === '' ? '' : `${title}\n${body}`
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
