const multiplier = 0x5bd1e995

/**
 * MurmurHash2, 32 bit, as Kafka's Java client computes it (`org.apache.kafka.common.utils.Utils.murmur2`): same seed,
 * little-endian words, signed result. Producers in other languages agree with it on where a key lives.
 */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  const tail = length & ~3
  let hash = 0x9747b28c ^ length
  for (let position = 0; position < tail; position += 4) {
    let word = Math.imul(view.getInt32(position, true), multiplier)
    word = Math.imul(word ^ (word >>> 24), multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  const left = length - tail
  if (left > 0) {
    if (left === 3) hash ^= view.getUint8(tail + 2) << 16
    if (left >= 2) hash ^= view.getUint8(tail + 1) << 8
    hash = Math.imul(hash ^ view.getUint8(tail), multiplier)
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}
