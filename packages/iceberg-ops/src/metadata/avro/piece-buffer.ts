/** Bytes that arrive in pieces, handed out in lengths of the reader's choosing. */
export class PieceBuffer {
  readonly #pieces: AsyncIterator<Uint8Array>
  #buffer = Buffer.allocUnsafeSlow(128 * 1024)
  #begin = 0
  #end = 0
  #ended = false

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** What is there; valid until the next call of `fill`. */
  get available(): Buffer {
    return this.#buffer.subarray(this.#begin, this.#end)
  }

  /**
   * Waits until `count` bytes are there. Memory grows with what arrives, never with what was announced.
   *
   * @returns false when the bytes end before
   */
  async fill(count: number): Promise<boolean> {
    while (this.#end - this.#begin < count) {
      if (this.#ended) return false
      const next = await this.#pieces.next()
      if (next.done === true) this.#ended = true
      else this.#append(next.value)
    }
    return true
  }

  /** The next `count` bytes, which have to be there; valid until the next call of `fill`. */
  take(count: number): Buffer {
    this.#begin += count
    return this.#buffer.subarray(this.#begin - count, this.#begin)
  }

  /** Lets the source go, which may be in the middle. */
  async close(): Promise<void> {
    this.#ended = true
    await this.#pieces.return?.()
  }

  #append(piece: Uint8Array): void {
    if (this.#end + piece.byteLength > this.#buffer.length) {
      const kept = this.#end - this.#begin
      const needed = kept + piece.byteLength
      const roomy =
        needed > this.#buffer.length
          ? Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length))
          : this.#buffer
      this.#buffer.copy(roomy, 0, this.#begin, this.#end)
      this.#buffer = roomy
      this.#begin = 0
      this.#end = kept
    }
    this.#buffer.set(piece, this.#end)
    this.#end += piece.byteLength
  }
}
