/** Reads the fields of Kafka's responses, in the flexible form (KIP-482). A short answer throws RangeError. */
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

  unsignedVarint(): number {
    let value = 0
    let factor = 1
    for (;;) {
      const byte = this.#bytes.readUInt8(this.#skip(1))
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 128
    }
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
    return Array.from({ length: Math.max(0, this.int32()) }, read)
  }

  compactBytes(): Buffer {
    const length = Math.max(0, this.unsignedVarint() - 1)
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.unsignedVarint() - 1) }, read)
  }

  /** The end of a structure: tagged fields are passed over, but for those that `read` knows. */
  end(read: Readonly<Record<number, () => void>> = {}): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      const tag = this.unsignedVarint()
      const behind = this.unsignedVarint() + this.#at
      read[tag]?.()
      this.#at = behind
    }
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
