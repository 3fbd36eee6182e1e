// A fixed pace, and how long each record takes from its write to its acknowledgement.
import { setTimeout as sleep } from 'node:timers/promises'

const partitions = 3

/** Writes what is due about every millisecond, each time to the next partition, as rdkafka_producer.c does. */
export async function produceAtPace(count, recordsPerSecond, write) {
  const startedAtMs = performance.now()
  let written = 0
  for (let tick = 0; written < count; tick++) {
    const due = Math.min(count, Math.floor(((performance.now() - startedAtMs) * recordsPerSecond) / 1_000))
    while (written < due) {
      const room = write(written++, tick % partitions)
      if (room !== undefined) await room
    }
    await sleep(1)
  }
}

/** Needs a topic of its own: a record's offset there is its place among the writes to its partition. */
export class Latencies {
  #writtenAtMs = Array.from({ length: partitions }, () => [])
  #latenciesMs = []

  /** Forgets what was measured so far, the warm-up. */
  restart() {
    this.#latenciesMs = []
  }

  written(partition) {
    this.#writtenAtMs[partition].push(performance.now())
  }

  delivered({ partition, baseOffset, recordCount }) {
    const nowMs = performance.now()
    const first = Number(baseOffset)
    for (let offset = first; offset < first + recordCount; offset++)
      this.#latenciesMs.push(nowMs - this.#writtenAtMs[partition][offset])
  }

  percentiles() {
    const sorted = Float64Array.from(this.#latenciesMs).sort()
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
    return { p50: at(0.5), p99: at(0.99), max: at(1) }
  }
}
