import type { RecordEncoder } from '../src/batch/accumulator.js'

/** Records that are their own encoding, so that tests see exactly which bytes arrive. */
export const bytesEncoder: RecordEncoder<Uint8Array> = {
  encode: (record) => record,
  encodeInto: (record, buffer, position) => {
    const end = position + record.length
    if (end > buffer.length) return buffer.length - end
    buffer.set(record, position)
    return end
  },
}
