/**
 * Memory that the records of one batch are encoded into. A batch starts small and moves to a larger slab as it grows, so
 * that a partition with a trickle holds little; the copies are some hundredths of a microsecond per record.
 */
export interface Slab {
  readonly memory: Buffer
  readonly pooled: boolean
}

const smallestBytes = 32 * 1024
const growth = 4

/**
 * Hands out slabs and takes them back. `bufferedBytes` is the memory in use, which is what `maxBufferedBytes` bounds:
 * counting the records' own bytes instead would let many partitions with a sliver each take several times the bound.
 */
export class SlabPool {
  readonly #sizes: number[] = []
  readonly #free: Slab[][] = []
  bufferedBytes = 0
  peakBufferedBytes = 0

  /** @param largestBytes size of the largest slab that is kept for reuse: a full batch's */
  constructor(largestBytes: number) {
    for (let size = smallestBytes; size < largestBytes; size *= growth) this.#sizes.push(size)
    this.#sizes.push(largestBytes)
    for (const _ of this.#sizes) this.#free.push([])
  }

  /** Size of the slab that `take` gives for so many bytes. */
  sizeFor(bytes: number): number {
    return this.#sizes.find((size) => size >= bytes) ?? bytes
  }

  take(bytes: number): Slab {
    const index = this.#sizes.findIndex((size) => size >= bytes)
    const size = index < 0 ? bytes : (this.#sizes[index] as number)
    this.bufferedBytes += size
    if (this.bufferedBytes > this.peakBufferedBytes) this.peakBufferedBytes = this.bufferedBytes
    return this.#free[index]?.pop() ?? { memory: Buffer.allocUnsafeSlow(size), pooled: index >= 0 }
  }

  /**
   * Takes a slab back.
   *
   * @param reuse false when a record in it failed: the application was given views of it, and a client library that gave
   * up on a request may still read it. Such memory is never written to again.
   */
  giveBack(slab: Slab, reuse = true): void {
    this.bufferedBytes -= slab.memory.length
    if (slab.pooled && reuse) this.#free[this.#sizes.indexOf(slab.memory.length)]?.push(slab)
  }
}
