/** What brokers allow a request by default (socket.request.max.bytes): no answer that is asked for comes near it. */
const largestFrameBytes = 100 * 1024 * 1024
const lengthBytes = 4

/** Cuts what a socket receives into answers, each with its four bytes of length before it. */
export class FrameReader {
  #chunks: Buffer[] = []
  #length = 0

  /** @throws RangeError when what comes next is no answer: what talks there is no broker */
  take(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    const frames: Buffer[] = []
    for (;;) {
      const size = this.#sizeOfNext()
      if (size === undefined || this.#length < size) return frames
      const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
      frames.push(bytes.subarray(0, size))
      const rest = bytes.subarray(size)
      this.#chunks = rest.length === 0 ? [] : [rest]
      this.#length = rest.length
    }
  }

  #sizeOfNext(): number | undefined {
    if (this.#length < lengthBytes) return undefined
    // A length is cut in two so rarely that joining everything is no loss.
    if ((this.#chunks[0] as Buffer).length < lengthBytes) this.#chunks = [Buffer.concat(this.#chunks)]
    const size = (this.#chunks[0] as Buffer).readInt32BE(0)
    // Below zero there would be no end to it.
    if (size >= 0 && size <= largestFrameBytes) return lengthBytes + size
    throw new RangeError(`an answer of ${size} bytes`)
  }
}
