import { describe, expect, it } from 'vitest'
import { chart } from '../produce/comparison/chart.js'
import { rowOf } from '../produce/comparison/rows.js'
import { measured } from './measured.js'

const rows = [
  rowOf({ name: 'ours', note: '', isOurs: true }, [measured(1, 1_000, 0.5), measured(2, 100_000, 0.5)]),
  rowOf({ name: 'peer <&>', note: '', isOurs: false }, [measured(1, 1_000, 50)]),
]
const svg = chart(rows, { title: 'Producers', lines: ['a machine'] })

/** Of the bars of one row: records per second, CPU. */
function barWidths(row: number): number[] {
  const widths = [...svg.matchAll(/<rect class="bar"[^>]* width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  )
  return [widths[row] ?? Number.NaN, widths[row + rows.length] ?? Number.NaN]
}

describe('chart', () => {
  it('has a bar for each row and figure', () => {
    expect(svg.match(/class="bar"/g)).toHaveLength(2 * rows.length)
  })
  it('draws twice as many decades twice as long', () => {
    // Scales begin at the power of ten below the least value: 0.1 and 10^3.
    expect(barWidths(0)[1]).toBeCloseTo((420 * Math.log10(5)) / 3, 0)
    expect(barWidths(1)[1]).toBeCloseTo((420 * Math.log10(500)) / 3, 0)
  })
  it('draws least and most as a whisker from end to end', () => {
    const [least, most] = /<path d="M([\d.]+) \d+H([\d.]+)M/.exec(svg)?.slice(1).map(Number) ?? []
    expect((most ?? 0) - (least ?? 0)).toBeCloseTo(420, 0)
  })
  it('shows the medians as numbers', () => {
    expect(svg).toContain('>50,500<')
    expect(svg).toContain('>50.0<')
  })
  it('escapes what would be markup, and refers to nothing outside', () => {
    expect(svg).toContain('peer &lt;&amp;&gt;')
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/href|url\(|https?:/)
  })
})
