import { figure } from './figures.js'
import type { Row } from './rows.js'
import type { Spread } from './spread.js'

const lineHeight = 26
const barHeight = 14
const left = 210
const panelWidth = 420
const valueWidth = 90
const gap = 24
const top = 110
const width = left + 2 * (panelWidth + valueWidth) + gap

/** What is drawn of a row. */
type Drawn = Pick<Row, 'name' | 'isOurs' | 'recordsPerSecond' | 'cpuMicrosPerRecord'>

interface Panel {
  readonly title: string
  readonly from: number
  of(row: Drawn): Spread
}

const panels: readonly Panel[] = [
  { title: 'records per second (more is better)', from: left, of: (row) => row.recordsPerSecond },
  {
    title: 'CPU microseconds per record (less is better)',
    from: left + panelWidth + valueWidth + gap,
    of: (row) => row.cpuMicrosPerRecord,
  },
]

export interface ChartText {
  readonly title: string
  readonly lines: readonly string[]
}

/**
 * Both figures of each row as bars, least and most as whiskers, in an SVG that needs nothing else. Scales are logarithmic:
 * the contenders lie two orders of magnitude apart, and what is compared are ratios.
 */
export function chart(rows: readonly Drawn[], { title, lines }: ChartText): string {
  const bottom = top + lineHeight * rows.length
  const height = bottom + 40
  const labels = rows.map((row, index) => {
    const weight = row.isOurs ? ' font-weight="bold"' : ''
    return `<text x="${left - 10}" y="${middleOf(index) + 4}" text-anchor="end"${weight}>${escaped(row.name)}</text>`
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    '<title>Kafka producers: records per second, and CPU time per record</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="26" font-size="17" font-weight="bold">${escaped(title)}</text>`,
    ...lines.map((line, index) => `<text x="16" y="${46 + 16 * index}" fill="#555">${escaped(line)}</text>`),
    ...labels,
    ...panels.map((panel) => panelOf(panel, rows, bottom)),
    `<text x="16" y="${height - 12}" fill="#555">Bars: median of the rounds; whiskers: least and most; scales are logarithmic. Bold and blue: Tidewater.</text>`,
    '</svg>',
  ].join('\n')}\n`
}

function panelOf({ title, from, of }: Panel, rows: readonly Drawn[], bottom: number): string {
  const decades = decadesOf(rows.map(of))
  const first = decades[0] ?? 0
  const span = (decades.at(-1) ?? 1) - first
  const x = (value: number) =>
    Math.round(10 * (from + (panelWidth * (Math.log10(value) - first)) / span)) / 10
  return [
    `<text x="${from}" y="${top - 26}" font-weight="bold">${title}</text>`,
    ...decades.map((decade) => {
      const at = x(10 ** decade)
      return `<line x1="${at}" y1="${top - 4}" x2="${at}" y2="${bottom}" stroke="#ddd"/><text x="${at}" y="${top - 9}" text-anchor="middle" fill="#777">${(10 ** decade).toLocaleString('en-US')}</text>`
    }),
    ...rows.map((row, index) => bar(row, of(row), middleOf(index), from, x)),
  ].join('\n')
}

function bar(
  row: Drawn,
  { median, min, max }: Spread,
  y: number,
  from: number,
  x: (value: number) => number,
) {
  const [least, end, most] = [x(min), x(median), x(max)]
  return [
    `<rect class="bar" x="${from}" y="${y - barHeight / 2}" width="${Math.max(1, end - from).toFixed(1)}" height="${barHeight}" fill="${row.isOurs ? '#1f77b4' : '#b9c2cc'}"/>`,
    `<path d="M${least} ${y}H${most}M${least} ${y - 4}v8M${most} ${y - 4}v8" stroke="#222" fill="none"/>`,
    `<text x="${most + 6}" y="${y + 4}">${figure(median)}</text>`,
  ].join('')
}

/** The powers of ten around all values, at least two. */
function decadesOf(spreads: readonly Spread[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...spreads.map(({ min }) => min))))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...spreads.map(({ max }) => max)))))
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function middleOf(index: number): number {
  return top + lineHeight * index + lineHeight / 2
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
