import { TidewaterError } from '../../errors.js'
import { partitionNotFound } from './protocol-errors.js'

/** Remembers each topic's partitions, so that a send to one that doesn't exist fails at once and names the cause. */
export class TopicPartitions {
  readonly #known = new Map<string, readonly number[]>()
  readonly #running = new Map<string, Promise<readonly number[]>>()

  /** @param look asks the cluster; rejects with `TOPIC_NOT_FOUND` */
  constructor(readonly look: (topic: string) => Promise<readonly number[]>) {}

  /** Asks the cluster; callers that ask at the same time share one answer. */
  refresh(topic: string): Promise<readonly number[]> {
    const running = this.#running.get(topic)
    if (running !== undefined) return running
    const asked = this.look(topic).then(
      (partitions) => {
        this.#known.set(topic, partitions)
        return partitions
      },
      (error: unknown) => {
        if (TidewaterError.isInstance(error) && error.code === 'TOPIC_NOT_FOUND') this.#known.delete(topic)
        throw error
      },
    )
    const shared = asked.finally(() => this.#running.delete(topic))
    this.#running.set(topic, shared)
    return shared
  }

  /** True when no question to the cluster is needed. */
  has(topic: string, partition: number): boolean {
    return this.#known.get(topic)?.includes(partition) ?? false
  }

  /** @throws TidewaterError `TOPIC_NOT_FOUND` or `PARTITION_NOT_FOUND` */
  async require(topic: string, partition: number): Promise<void> {
    if (this.has(topic, partition)) return
    // Partitions are added to a running topic: ask again before saying that one doesn't exist.
    const partitions = await this.refresh(topic)
    if (!partitions.includes(partition)) throw partitionNotFound(topic, partition, partitions)
  }
}
