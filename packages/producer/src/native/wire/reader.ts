/**
 * Reads the fields of Kafka's responses, in the flexible form (KIP-482). An answer that is shorter than what it says of
 * itself throws RangeError, before any memory is taken for what isn't there.
 */
export class Reader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  int8(): number {
    return this.#bytes.readInt8(this.#skip(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4))
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#skip(8))
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  /** Of up to 32 bits. */
  unsignedVarint(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.#skip(1))
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new RangeError('the answer has a varint of more than five bytes')
  }

  string(): string | null {
    const length = this.unsignedVarint()
    return length === 0 ? null : this.#text(length - 1)
  }

  /** With a length of two bytes, as the responses before KIP-482 have it. */
  plainString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#text(length)
  }

  /** With a length of four bytes. */
  plainArray<T>(read: () => T): T[] {
    return this.#items(this.int32(), read)
  }

  compactBytes(): Buffer {
    const length = Math.max(0, this.unsignedVarint() - 1)
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** The null array is read as the empty one. */
  array<T>(read: () => T): T[] {
    return this.#items(this.unsignedVarint() - 1, read)
  }

  /** The end of a structure: tagged fields are passed over, but for those that `read` knows. */
  end(read: Readonly<Record<number, () => void>> = {}): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      const tag = this.unsignedVarint()
      const size = this.unsignedVarint()
      const start = this.#skip(size)
      const behind = this.#at
      this.#at = start
      read[tag]?.()
      this.#at = behind
    }
  }

  #items<T>(count: number, read: () => T): T[] {
    // An item takes a byte at the least.
    if (count > this.#bytes.length - this.#at) throw new RangeError('the answer ends early')
    return Array.from({ length: Math.max(0, count) }, read)
  }

  #text(length: number): string {
    const start = this.#skip(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  #skip(length: number): number {
    const at = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('the answer ends early')
    return at
  }
}
