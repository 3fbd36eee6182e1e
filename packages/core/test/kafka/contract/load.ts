import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { DriverProducer } from '../../../src/kafka/port.js'
import type { SentBatch } from './delivery-check.js'

export interface LoadOptions {
  readonly partitions: number
  /** How many sends of one partition have no report yet. */
  readonly sendsPerPartition: number
  readonly recordsPerSend: number
  /** Between the report of one send and the next one. Default 0. */
  readonly pauseMs?: number
  /** Each value is filled up to this. Default: no more than its text. */
  readonly valueBytes?: number
}

export interface TimedBatch extends SentBatch {
  readonly tookMs: number
}

/** A producer that is kept busy until it is stopped. */
export interface Load {
  /** Resolves when on each partition, or on each of `among`, `batches` more were delivered as a whole. */
  acknowledged(batches: number, among?: readonly number[]): Promise<void>
  /** Every batch in the order of the calls. */
  stop(): Promise<TimedBatch[]>
}

const padding = '.'

/** Sends batch after batch to every partition. */
export function startLoad(producer: Pick<DriverProducer, 'send'>, topic: string, options: LoadOptions): Load {
  const { partitions, sendsPerPartition, recordsPerSend, pauseMs = 0, valueBytes = 0 } = options
  const sent: Promise<TimedBatch>[] = []
  const acknowledged = Array.from({ length: partitions }, () => 0)
  let isStopping = false

  async function sendOne(partition: number): Promise<TimedBatch> {
    const texts = Array.from({ length: recordsPerSend }, (_, i) => `p${partition}-b${sent.length}-${i}`)
    const records = texts.map((text) => ({ value: Buffer.from(text.padEnd(valueBytes, padding)) }))
    const startedAtMs = performance.now()
    const report = await producer.send({ topic, partition, records })
    if (report.failed.length === 0) acknowledged[partition] = (acknowledged[partition] ?? 0) + 1
    return { report, texts, tookMs: performance.now() - startedAtMs }
  }
  async function worker(partition: number): Promise<void> {
    while (!isStopping) {
      const one = sendOne(partition)
      sent.push(one)
      await one
      if (pauseMs > 0) await sleep(pauseMs)
    }
  }
  const workers = Array.from({ length: partitions * sendsPerPartition }, (_, i) => worker(i % partitions))
  return {
    async acknowledged(batches, among = [...acknowledged.keys()]) {
      const goals = among.map((partition) => [partition, (acknowledged[partition] ?? 0) + batches] as const)
      const missing = () => goals.filter(([partition, goal]) => (acknowledged[partition] ?? 0) < goal)
      await expect.poll(missing, { timeout: 60_000 }).toEqual([])
    },
    async stop() {
      isStopping = true
      await Promise.all(workers)
      return Promise.all(sent)
    },
  }
}

/** The text of a record of the load. */
export function textOf(value: Uint8Array | null): string {
  const text = value === null ? '(null)' : Buffer.from(value).toString()
  const end = text.indexOf(padding)
  return end < 0 ? text : text.slice(0, end)
}
