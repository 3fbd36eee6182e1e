import { avroCodec } from '@tidewater/core'
import { netflowGenerator, netflowSchema } from '@tidewater/producer/sample'
import type { SampleLine } from './shared.js'

/** The records every contender sends: JSON lines, the same ones in each run. */
export function sampleLines(count: number): string {
  const generator = netflowGenerator({ seed: 1, writerId: 'bench', startTimeMs: Date.UTC(2026, 0, 1) })
  const codec = avroCodec(netflowSchema)
  return Array.from({ length: count }, () => {
    const record = generator.next()
    const line: SampleLine = { record, avro: Buffer.from(codec.encode(record)).toString('base64') }
    return `${JSON.stringify(line)}\n`
  }).join('')
}
