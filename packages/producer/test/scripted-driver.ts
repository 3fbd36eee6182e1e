import {
  type BatchReport,
  type CloseOptions,
  type DriverProducer,
  type KafkaDriver,
  type ProduceBatch,
  TidewaterError,
} from '@tidewater/core'

export interface SentBatch extends ProduceBatch {
  /** Acknowledges every record at the partition's next offsets. */
  deliver(): void
  fail(error: TidewaterError): void
  report(report: Pick<BatchReport, 'delivered' | 'failed'>): void
  reject(error: Error): void
}

/** A driver in memory whose answers the test decides: at once, or batch by batch when `automatic` is false. */
export class ScriptedDriver implements KafkaDriver {
  readonly name = 'kafkajs' as const
  readonly compressions = ['none', 'snappy'] as const
  readonly sent: SentBatch[] = []
  readonly log = new Map<number, Buffer[]>()
  partitions: number[]
  isClosed = false
  isAbandoned = false
  readonly #outstanding = new Map<Promise<unknown>, { readonly batch: SentBatch }>()
  readonly #waiting: ((batch: SentBatch) => void)[] = []

  constructor(
    partitions: number,
    readonly automatic = true,
  ) {
    this.partitions = Array.from({ length: partitions }, (_, partition) => partition)
  }

  async createProducer(): Promise<DriverProducer> {
    return {
      partitionsOf: async () => this.partitions,
      send: (batch) => this.#send(batch),
      close: (options) => this.#close(options),
    }
  }

  createConsumer(): never {
    throw new TypeError('the scripted driver only produces')
  }

  createAdmin(): never {
    throw new TypeError('the scripted driver only produces')
  }

  /** The next batch the producer sends, or sent and nobody took yet. */
  async nextBatch(): Promise<SentBatch> {
    const index = this.#taken++
    const known = this.sent[index]
    if (known !== undefined) return known
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
  #taken = 0

  values(partition: number): Buffer[] {
    return this.log.get(partition) ?? []
  }

  /** As a real one: waits for the reports of what was sent, or, told to abandon it, reports it as failed. */
  async #close({ abandon = false }: CloseOptions = {}): Promise<void> {
    this.isAbandoned ||= abandon
    if (abandon) {
      const error = new TidewaterError('DELIVERY_TIMEOUT', 'abandoned', { details: { mayBeWritten: true } })
      for (const { batch } of [...this.#outstanding.values()]) batch.fail(error)
    }
    await Promise.all([...this.#outstanding.keys()])
    this.isClosed = true
  }

  #send(batch: ProduceBatch): Promise<BatchReport> {
    const { topic, partition, records } = batch
    let resolve!: (report: BatchReport) => void
    let reject!: (error: Error) => void
    const promise = new Promise<BatchReport>((onReport, onError) => {
      resolve = onReport
      reject = onError
    })
    const settled = promise.catch(() => {})
    const report: SentBatch['report'] = (outcome) => resolve({ topic, partition, ...outcome })
    const sent: SentBatch = {
      ...batch,
      report,
      reject,
      deliver: () => {
        const log = this.log.get(partition) ?? []
        this.log.set(partition, log)
        const baseOffset = BigInt(log.length)
        // Copies, as a real client makes: the producer writes to the memory again once the batch is delivered.
        for (const { value } of records) log.push(Buffer.from(value as Uint8Array))
        report({ delivered: [{ firstIndex: 0, count: records.length, baseOffset }], failed: [] })
      },
      fail: (error) => report({ delivered: [], failed: [{ firstIndex: 0, count: records.length, error }] }),
    }
    this.#outstanding.set(settled, { batch: sent })
    void settled.then(() => this.#outstanding.delete(settled))
    this.sent.push(sent)
    this.#waiting.shift()?.(sent)
    if (this.automatic) setImmediate(() => sent.deliver())
    return promise
  }
}
