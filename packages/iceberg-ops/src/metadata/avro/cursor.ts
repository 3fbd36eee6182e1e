import { damaged } from '../damage.js'

// 49 bits in seven bytes: as numbers these are exact, also after the sign is taken out.
const exactBytes = 7

const halves = new Int32Array(2)
const whole = new BigInt64Array(halves.buffer)
// The one of the two that is the less significant, whatever the machine's byte order.
const lowAt = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? 0 : 1

/**
 * Walks over Avro's binary encoding (Avro specification 1.11, "Binary Encoding"). It reads beyond `end` at most by a
 * number, and says so afterwards: checking once for each value instead of each byte is what makes skipping cheap.
 *
 * Its methods throw TidewaterError `METADATA_CORRUPT`.
 */
export class ByteCursor {
  bytes: Buffer = Buffer.alloc(0)
  position = 0
  end = 0
  /** What {@link readHalves} read: the 64 bits as two signed numbers of 32. */
  low = 0
  high = 0

  /** Goes to the beginning of other bytes. */
  over(bytes: Buffer): this {
    this.bytes = bytes
    this.position = 0
    this.end = bytes.length
    return this
  }

  /** Steps over `count` bytes. */
  advance(count: number): void {
    this.position += count
    if (this.position > this.end) throw this.#beyondTheEnd()
  }

  /** Steps over an int, a long or an enum. */
  skipNumber(): void {
    const { bytes } = this
    let position = this.position
    // Beyond the buffer's end `undefined & 128` is 0, which ends the loop.
    while (((bytes[position++] as number) & 0x80) !== 0);
    if (position - this.position > 10) throw damaged('record', `a number of more than 10 bytes`)
    this.position = position
    if (position > this.end) throw this.#beyondTheEnd()
  }

  /** A long that has to be a safe integer. */
  readNumber(): number {
    const { bytes } = this
    let position = this.position
    let byte = bytes[position++] as number
    let value = byte & 0x7f
    let scale = 0x80
    while ((byte & 0x80) !== 0) {
      if (position - this.position === exactBytes) return this.#readLargeNumber()
      byte = bytes[position++] as number
      value += (byte & 0x7f) * scale
      scale *= 0x80
    }
    this.position = position
    if (position > this.end) throw this.#beyondTheEnd()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  readBigint(): bigint {
    this.readHalves()
    return toBigint(this.low, this.high)
  }

  /** Reads a long into {@link low} and {@link high}. */
  readHalves(): void {
    const { bytes } = this
    let position = this.position
    let low = 0
    let high = 0
    let byte: number
    let shift = 0
    do {
      if (shift > 63) throw damaged('record', 'a number of more than 10 bytes')
      byte = bytes[position++] as number
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high |= bits >>> 4
      } else high |= bits << (shift - 32)
      shift += 7
    } while ((byte & 0x80) !== 0)
    this.position = position
    if (position > this.end) throw this.#beyondTheEnd()
    const sign = -(low & 1)
    this.low = ((low >>> 1) | (high << 31)) ^ sign
    this.high = (high >>> 1) ^ sign
  }

  /** The length of what follows: bytes, a string. They lie within the buffer. */
  readLength(): number {
    const length = this.readNumber()
    if (length < 0 || length > this.end - this.position) {
      const left = this.end - this.position
      throw damaged('record', `a value of ${length} bytes where ${left} are left`, { length, left })
    }
    return length
  }

  /** Steps over bytes or a string. */
  skipBytes(): void {
    const length = this.readLength()
    this.position += length
  }

  readString(): string {
    const length = this.readLength()
    const begin = this.position
    this.position += length
    return this.bytes.toString('utf8', begin, this.position)
  }

  readDouble(): number {
    this.advance(8)
    return this.bytes.readDoubleLE(this.position - 8)
  }

  readFloat(): number {
    this.advance(4)
    return this.bytes.readFloatLE(this.position - 4)
  }

  readBoolean(): boolean {
    this.advance(1)
    const byte = this.bytes[this.position - 1]
    if (byte === 0 || byte === 1) return byte === 1
    throw damaged('record', `a boolean is ${byte}, not 0 or 1`)
  }

  /** A copy, which outlives the buffer. */
  readBytes(length: number): Buffer {
    this.advance(length)
    return Buffer.from(this.bytes.subarray(this.position - length, this.position))
  }

  /** How many items the next block of an array or a map has, 0 at the end. */
  readBlockCount(): number {
    const count = this.readNumber()
    if (count >= 0) return count
    this.readNumber()
    return -count
  }

  #readLargeNumber(): number {
    const value = this.readBigint()
    const number = Number(value)
    if (!Number.isSafeInteger(number)) throw damaged('record', `${value} where a number below 2^53 belongs`)
    return number
  }

  #beyondTheEnd() {
    return damaged('record', `a value goes on beyond the end of its block of ${this.end} bytes`)
  }
}

export function toBigint(low: number, high: number): bigint {
  halves[lowAt] = low
  halves[1 - lowAt] = high
  return whole[0] as bigint
}
