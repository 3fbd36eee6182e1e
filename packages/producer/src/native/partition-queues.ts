import { PartitionQueue, type PartitionQueueOptions } from './partition-queue.js'

/** The queue of each partition that was ever written to. */
export class PartitionQueues implements Iterable<PartitionQueue> {
  readonly #options: PartitionQueueOptions
  readonly #byTopic = new Map<string, Map<number, PartitionQueue>>()

  constructor(options: PartitionQueueOptions) {
    this.#options = options
  }

  get areEmpty(): boolean {
    for (const { isEmpty } of this) if (!isEmpty) return false
    return true
  }

  of(topic: string, partition: number): PartitionQueue {
    let queues = this.#byTopic.get(topic)
    if (queues === undefined) {
      queues = new Map()
      this.#byTopic.set(topic, queues)
    }
    let queue = queues.get(partition)
    if (queue === undefined) {
      queue = new PartitionQueue(topic, partition, this.#options)
      queues.set(partition, queue)
    }
    return queue
  }

  *[Symbol.iterator](): Generator<PartitionQueue> {
    for (const queues of this.#byTopic.values()) yield* queues.values()
  }
}
