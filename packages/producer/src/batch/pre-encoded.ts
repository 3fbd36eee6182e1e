import type { RecordEncoder } from './batch.js'

/** Values that are encoded already: copied as they are. */
export const preEncoded: RecordEncoder<Uint8Array> = {
  encode: (value) => value,
  encodeInto: (value, buffer, position) => {
    const end = position + value.length
    if (end > buffer.length) return buffer.length - end
    buffer.set(value, position)
    return end
  },
}
