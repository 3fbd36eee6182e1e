/**
 * Runs tasks of one partition one after the other, in the order they came, and those of different partitions side by
 * side. A partition without waiting tasks costs nothing.
 */
export class PartitionLanes {
  readonly #tails = new Map<string, Promise<unknown>>()

  run<T>(topic: string, partition: number, task: () => Promise<T>): Promise<T> {
    const lane = `${partition}:${topic}`
    const before = this.#tails.get(lane)
    const result = before === undefined ? task() : before.then(task, task)
    this.#tails.set(lane, result)
    const leave = () => {
      if (this.#tails.get(lane) === result) this.#tails.delete(lane)
    }
    result.then(leave, leave)
    return result
  }
}
