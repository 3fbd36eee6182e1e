/** Hands what is pushed to one asynchronous reader, in order; keeps the newest `limit` items while nobody reads. */
export class EventQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  readonly #limit: number
  #closed = false
  #wake: (() => void) | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  push(item: T): void {
    this.#items.push(item)
    if (this.#items.length > this.#limit) this.#items.shift()
    this.#wake?.()
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const item = this.#items.shift()
      if (item !== undefined) yield item
      else if (this.#closed) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}
