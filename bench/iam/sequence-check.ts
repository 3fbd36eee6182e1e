/**
 * Watches numbers that were dealt out to partitions in turn: partition p gets p, p + n, p + 2n, … Anything else is a gap, a
 * repetition or a change of order.
 */
export class SequenceCheck {
  readonly #next: number[]
  readonly #late = new Set<number>()
  seen = 0
  duplicated = 0
  reordered = 0
  #gaps = 0

  constructor(readonly partitions: number) {
    this.#next = Array.from({ length: partitions }, (_, partition) => partition)
  }

  see(partition: number, sequence: number): void {
    this.seen += 1
    const expected = this.#next[partition] as number
    if (sequence === expected) {
      this.#next[partition] = expected + this.partitions
    } else if (sequence > expected) {
      for (let one = expected; one < sequence; one += this.partitions) this.#late.add(one)
      this.#gaps += (sequence - expected) / this.partitions
      this.#next[partition] = sequence + this.partitions
    } else if (this.#late.delete(sequence)) {
      this.reordered += 1
      this.#gaps -= 1
    } else {
      this.duplicated += 1
    }
  }

  /** Of the numbers below `end`, those that never came. */
  missing(end: number): number {
    const behind = this.#next.reduce(
      (sum, next) => sum + Math.max(0, Math.ceil((end - next) / this.partitions)),
      0,
    )
    return this.#gaps + behind
  }
}
