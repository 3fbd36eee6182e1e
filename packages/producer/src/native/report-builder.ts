import type { BatchReport, DeliveredRange, FailedRange, TidewaterError } from '@tidewater/core'

/** Gathers what becomes of the records of one `send`, in whatever parts they were sent. */
export class ReportBuilder {
  readonly report: Promise<BatchReport>
  readonly #topic: string
  readonly #partition: number
  readonly #delivered: DeliveredRange[] = []
  readonly #failed: FailedRange[] = []
  #unsettled: number
  #resolve!: (report: BatchReport) => void

  constructor(topic: string, partition: number, count: number) {
    this.#topic = topic
    this.#partition = partition
    this.#unsettled = count
    this.report = new Promise((resolve) => {
      this.#resolve = resolve
    })
    if (count === 0) this.#settled(0)
  }

  delivered(firstIndex: number, count: number, baseOffset: bigint | undefined, mayBeRepeated: boolean): void {
    this.#delivered.push({ firstIndex, count, baseOffset, ...(mayBeRepeated ? { mayBeRepeated } : {}) })
    this.#settled(count)
  }

  failed(firstIndex: number, count: number, error: TidewaterError): void {
    this.#failed.push({ firstIndex, count, error })
    this.#settled(count)
  }

  #settled(count: number): void {
    this.#unsettled -= count
    if (this.#unsettled > 0) return
    const byIndex = (a: { firstIndex: number }, b: { firstIndex: number }) => a.firstIndex - b.firstIndex
    this.#resolve({
      topic: this.#topic,
      partition: this.#partition,
      delivered: joined(this.#delivered.sort(byIndex)),
      failed: this.#failed.sort(byIndex),
    })
  }
}

/** Parts that lie one behind the other in the batch and in the log are one range. */
function joined(ranges: readonly DeliveredRange[]): DeliveredRange[] {
  const result: DeliveredRange[] = []
  for (const range of ranges) {
    const last = result.at(-1)
    const isNext =
      last !== undefined &&
      last.firstIndex + last.count === range.firstIndex &&
      last.mayBeRepeated === range.mayBeRepeated &&
      (last.baseOffset === undefined
        ? range.baseOffset === undefined
        : last.baseOffset + BigInt(last.count) === range.baseOffset)
    if (isNext) result[result.length - 1] = { ...last, count: last.count + range.count }
    else result.push(range)
  }
  return result
}
