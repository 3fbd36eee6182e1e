import { TidewaterError } from '@tidewater/core'

/** Cuts what a socket receives into answers, each without its length. */
export class FrameReader {
  #chunks: Buffer[] = []
  #length = 0

  take(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    const frames: Buffer[] = []
    for (;;) {
      const size = this.#sizeOfNext()
      if (size === undefined || this.#length < 4 + size) return frames
      const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
      frames.push(bytes.subarray(4, 4 + size))
      const rest = bytes.subarray(4 + size)
      this.#chunks = rest.length === 0 ? [] : [rest]
      this.#length = rest.length
    }
  }

  #sizeOfNext(): number | undefined {
    if (this.#length < 4) return undefined
    // A length is cut in two so rarely that joining everything is no loss.
    if ((this.#chunks[0] as Buffer).length < 4) this.#chunks = [Buffer.concat(this.#chunks)]
    const size = (this.#chunks[0] as Buffer).readInt32BE(0)
    // Every answer begins with its correlation id. What is shorter is no answer, and below zero there would be no end to it.
    if (size < 4)
      throw new TidewaterError('KAFKA_PROTOCOL', `An answer of ${size} bytes`, { retryable: true })
    return size
  }
}
