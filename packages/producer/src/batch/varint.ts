// Variable-length integers as Kafka's record format has them: zigzag, seven bits a byte, lowest first
// (https://kafka.apache.org/documentation/#recordbatch; the encoding is Protocol Buffers').

/** Bytes of a 32-bit varint: 1 to 5. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x200000) return 3
  return zigzag < 0x10000000 ? 4 : 5
}

/** Writes a 32-bit varint and returns the position behind it. The caller has made sure of the room. */
export function writeVarint(bytes: Uint8Array, position: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let at = position
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

/** Writes a whole number of up to 53 bits as a 64-bit varint and returns the position behind it: at most 8 bytes. */
export function writeVarlong(bytes: Uint8Array, position: number, value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(bytes, position, value)
  // Beyond 31 bits JavaScript's shifts are no help: arithmetic on doubles is exact to 2^53.
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  let at = position
  while (rest >= 0x80n) {
    bytes[at++] = Number(rest & 0x7fn) | 0x80
    rest >>= 7n
  }
  bytes[at++] = Number(rest)
  return at
}

/** Reads varints one behind the other. */
export class VarintReader {
  position: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes
    this.position = position
  }

  /** A 32-bit varint, or a 64-bit one whose value is a safe integer. Behind the last byte it reads zeros. */
  next(): number {
    // The sign is in the lowest bit; what is above it is a safe integer, which with it would be a bit too long for a double.
    let byte = this.#bytes[this.position++] as number
    const sign = byte & 1
    let magnitude = (byte & 0x7f) >> 1
    for (let factor = 64; byte >= 0x80; factor *= 128) {
      byte = this.#bytes[this.position++] as number
      magnitude += (byte & 0x7f) * factor
    }
    return sign === 0 ? magnitude : -magnitude - 1
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    const start = this.position
    this.position += length
    return this.#bytes.subarray(start, this.position)
  }
}
