import { TidewaterError } from '@tidewater/core'
import { initProducerId, metadata, type VersionRange } from './wire/messages.js'
import { produceKey, produceVersions } from './wire/produce.js'

/** A request, and the versions of it that this driver speaks. */
export interface SpokenRequest {
  readonly name: string
  readonly key: number
  readonly min: number
  readonly max: number
}

export const spokenProduce: SpokenRequest = { name: 'Produce', key: produceKey, ...produceVersions }

function inOneVersion({ name, key, version }: { name: string; key: number; version: number }): SpokenRequest {
  return { name, key, min: version, max: version }
}

/** What a connection is for, and so what has to be spoken on it. */
export const spokenFor = {
  /** A broker too old to be produced to is told at once, not when it leads a partition. */
  control: [spokenProduce, inOneVersion(metadata), inOneVersion(initProducerId)],
  produce: [spokenProduce],
  coordinate: [inOneVersion(initProducerId)],
} as const

/** The versions that one broker said it speaks. In a rolling upgrade the brokers of a cluster differ. Pure. */
export class BrokerVersions {
  readonly #ranges: ReadonlyMap<number, VersionRange>

  constructor(ranges: readonly VersionRange[]) {
    this.#ranges = new Map(ranges.map((range) => [range.key, range]))
  }

  /**
   * The highest version that broker and driver speak.
   *
   * @throws TidewaterError `KAFKA_PROTOCOL` when there is none
   */
  highest({ name, key, min, max }: SpokenRequest): number {
    const range = this.#ranges.get(key)
    if (range !== undefined && range.min <= max && range.max >= min) return Math.min(range.max, max)
    throw new TidewaterError(
      'KAFKA_PROTOCOL',
      `The native driver needs ${name} v${min} (Kafka 2.7 and later); the broker has ${range === undefined ? 'none' : `v${range.min} to v${range.max}`}`,
      { remedy: 'Use a newer broker, or driver: kafkajs.' },
    )
  }
}
