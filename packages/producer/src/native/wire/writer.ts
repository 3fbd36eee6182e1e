/**
 * Writes the fields of Kafka's requests, in the flexible form (KIP-482): compact lengths, tagged fields behind every
 * structure. https://kafka.apache.org/protocol#protocol_types
 */
export class Writer {
  #bytes = Buffer.allocUnsafe(256)
  #length = 0

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  int8(value: number): this {
    return this.#put(1, (bytes, at) => bytes.writeInt8(value, at))
  }

  int16(value: number): this {
    return this.#put(2, (bytes, at) => bytes.writeInt16BE(value, at))
  }

  int32(value: number): this {
    return this.#put(4, (bytes, at) => bytes.writeInt32BE(value, at))
  }

  int64(value: bigint): this {
    return this.#put(8, (bytes, at) => bytes.writeBigInt64BE(value, at))
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  unsignedVarint(value: number): this {
    let rest = value
    while (rest >= 0x80) {
      this.#byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    return this.#byte(rest)
  }

  string(value: string | null): this {
    if (value === null) return this.unsignedVarint(0)
    const length = Buffer.byteLength(value)
    return this.unsignedVarint(length + 1).#put(length, (bytes, at) => bytes.write(value, at))
  }

  /** With a length of two bytes, as the requests before KIP-482 have it. */
  plainString(value: string): this {
    const length = Buffer.byteLength(value)
    return this.int16(length).#put(length, (bytes, at) => bytes.write(value, at))
  }

  compactBytes(value: Uint8Array): this {
    return this.unsignedVarint(value.length + 1).raw(value)
  }

  array<T>(items: readonly T[] | null, write: (item: T) => void): this {
    if (items === null) return this.unsignedVarint(0)
    this.unsignedVarint(items.length + 1)
    for (const item of items) write(item)
    return this
  }

  raw(value: Uint8Array): this {
    return this.#put(value.length, (bytes, at) => bytes.set(value, at))
  }

  /** The end of a structure: no tagged field is ever sent. */
  end(): this {
    return this.#byte(0)
  }

  #byte(value: number): this {
    return this.#put(1, (bytes, at) => bytes.writeUInt8(value, at))
  }

  #put(length: number, write: (bytes: Buffer, at: number) => unknown): this {
    const at = this.#length
    if (at + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * (at + length))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    write(this.#bytes, at)
    this.#length += length
    return this
  }
}
