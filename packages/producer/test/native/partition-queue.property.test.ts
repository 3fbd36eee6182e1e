import { TidewaterError } from '@tidewater/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeRecords, halvesOf } from '../../src/batch/encode-records.js'
import type { EncodedBatch } from '../../src/batch/encoded-batch.js'
import { readRecords } from '../../src/batch/record-format.js'
import { PartitionQueue } from '../../src/native/partition-queue.js'
import { PendingBatch } from '../../src/native/pending-batch.js'
import { ReportBuilder } from '../../src/native/report-builder.js'
import { judgementOf, type Verdict } from '../../src/native/verdict.js'
import { ModelBroker, type WrittenBatch } from './model-broker.js'

type Step =
  | { readonly kind: 'push'; readonly records: number }
  | { readonly kind: 'send' }
  /** The broker takes the next request and its answer arrives. */
  | { readonly kind: 'answer' }
  /** The next request is lost on the way there. */
  | { readonly kind: 'loseRequest' }
  /** The broker takes the next request, and its answer is lost. */
  | { readonly kind: 'loseAnswer' }
  /** The broker says that it can't take the next request now. */
  | { readonly kind: 'busy' }
  /** The broker takes the next request, and stops leading before the others have it, or in time for them to have it. */
  | { readonly kind: 'deposed'; readonly isKept: boolean }
  /** The broker never takes the next request's records. */
  | { readonly kind: 'refuse' }
  /** The connection ends: the broker takes `taken` of the requests under way, none is answered. */
  | { readonly kind: 'disconnect'; readonly taken: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'forget' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('push' as const), records: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 8, arbitrary: fc.constant({ kind: 'send' as const }) },
  { weight: 6, arbitrary: fc.constant({ kind: 'answer' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'loseRequest' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'loseAnswer' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'busy' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('deposed' as const), isKept: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'refuse' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('disconnect' as const), taken: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 4_000 }) }),
  },
)
const forget: fc.Arbitrary<Step> = fc.constant({ kind: 'forget' as const })

/** Batches of more records than this are too large for the broker. */
const largest = 4

const firstIdentity = { producerId: 1n, epoch: 0 }

interface Sent {
  readonly batch: PendingBatch
  readonly written: WrittenBatch
}

class Run {
  readonly broker: ModelBroker
  readonly queue: PartitionQueue
  readonly delivered = new Map<number, { readonly mayBeRepeated: boolean }>()
  readonly failed = new Map<number, { readonly mayBeWritten: boolean }>()
  readonly builders: ReportBuilder[] = []
  #network: Sent[] = []
  #record = 0
  #nowMs = 0
  #producerId = firstIdentity.producerId

  constructor(
    readonly timeoutMs: number,
    isIdempotent: boolean,
    isTransactional: boolean,
  ) {
    this.broker = new ModelBroker(isTransactional)
    this.queue = new PartitionQueue('topic', 0, {
      isIdempotent,
      isTransactional,
      maxInFlight: isIdempotent ? 5 : 1,
    })
  }

  apply(action: Step): void {
    if (action.kind === 'push') this.#push(action.records)
    else if (action.kind === 'send') this.#send()
    else if (action.kind === 'wait') this.#wait(action.ms)
    else if (action.kind === 'forget') this.broker.forget()
    else if (action.kind === 'disconnect') this.#disconnect(action.taken)
    else if (action.kind === 'deposed') this.#deposed(action.isKept)
    else this.#answer(action.kind)
  }

  /** Everything goes well from here on. */
  finish(): void {
    for (let rounds = 0; !this.queue.isEmpty; rounds++) {
      if (rounds > 10_000) throw new Error('the queue never empties')
      this.#send()
      if (this.#network.length > 0) this.#answer('answer')
      else this.#nowMs += 500
    }
  }

  get written(): number {
    return this.#record
  }

  #push(count: number): void {
    const first = this.#record
    this.#record += count
    const values = Array.from({ length: count }, (_, index) => ({
      value: Buffer.from(String(first + index)),
    }))
    const encoded = encodeRecords('topic', 0, values, 1)
    const builder = new ReportBuilder('topic', 0, count)
    this.builders.push(builder)
    void builder.report.then(({ delivered, failed }) => {
      for (const range of delivered) {
        for (let index = 0; index < range.count; index++)
          this.delivered.set(first + range.firstIndex + index, {
            mayBeRepeated: range.mayBeRepeated === true,
          })
      }
      for (const range of failed) {
        for (let index = 0; index < range.count; index++)
          this.failed.set(first + range.firstIndex + index, {
            mayBeWritten: range.error.details.mayBeWritten === true,
          })
      }
    })
    this.queue.push(new PendingBatch(encoded, builder, 0, this.#nowMs + this.timeoutMs))
  }

  #send(): void {
    if (this.queue.needsIdentity) this.queue.identify({ producerId: this.#producerId++, epoch: 0 })
    for (
      let batch = this.queue.next(this.#nowMs);
      batch !== undefined;
      batch = this.queue.next(this.#nowMs)
    ) {
      const identity = this.queue.identity ?? { producerId: -1n, epoch: -1 }
      const written = { ...identity, sequence: batch.sequence ?? -1, records: numbersOf(batch.encoded) }
      this.#network.push({ batch, written })
    }
    expect(this.queue.inFlightCount).toBeLessThanOrEqual(5)
  }

  #answer(how: 'answer' | 'loseRequest' | 'loseAnswer' | 'busy' | 'refuse'): void {
    const sent = this.#network.shift()
    if (sent === undefined) return
    const { batch, written } = sent
    if (how === 'busy') this.#answered(batch, 'again')
    else if (how === 'loseRequest') this.#answered(batch, 'unknown')
    else if (how === 'refuse') {
      batch.failed(failure(batch.isInDoubt))
      this.#answered(batch, 'refused')
    } else if (written.records.length > largest) {
      const [first, second] = halvesOf(batch.encoded)
      this.#answered(batch, 'too-large', batch.split(first, second))
    } else {
      const code = this.broker.append(written)
      if (how === 'answer' && code === 0) batch.delivered(0n)
      this.#answered(batch, how === 'loseAnswer' ? 'unknown' : judgementOf(code).verdict)
    }
  }

  /** NOT_LEADER_OR_FOLLOWER comes for both. */
  #deposed(isKept: boolean): void {
    const sent = this.#network.shift()
    if (sent === undefined) return
    if (isKept && sent.written.records.length <= largest) this.broker.append(sent.written)
    this.#answered(sent.batch, judgementOf(6).verdict)
  }

  #disconnect(taken: number): void {
    const lost = this.#network
    this.#network = []
    for (const { written } of lost.slice(0, taken)) {
      if (written.records.length <= largest) this.broker.append(written)
    }
    for (const { batch } of lost) this.#answered(batch, 'unknown')
  }

  #answered(batch: PendingBatch, verdict: Verdict, parts: readonly PendingBatch[] = []): void {
    this.queue.answered(batch, verdict, this.#nowMs, parts)
  }

  #wait(ms: number): void {
    this.#nowMs += ms
    for (const batch of this.queue.dropExpired(this.#nowMs)) batch.failed(failure(batch.mayBeWritten))
  }
}

function numbersOf(encoded: EncodedBatch): number[] {
  const views = [...readRecords(encoded.records, encoded.recordCount, encoded.baseTimestampMs)]
  return views.map(({ value }) => Number(Buffer.from(value as Uint8Array).toString()))
}

function failure(mayBeWritten: boolean): TidewaterError {
  return new TidewaterError('DELIVERY_TIMEOUT', 'given up', { details: { mayBeWritten } })
}

async function play(
  steps: readonly Step[],
  { isIdempotent = true, isTransactional = false, timeoutMs = 6_000 } = {},
): Promise<Run> {
  const run = new Run(timeoutMs, isIdempotent, isTransactional)
  for (const one of steps) run.apply(one)
  run.finish()
  await Promise.all(run.builders.map(({ report }) => report))
  return run
}

function counts(log: readonly number[]): Map<number, number> {
  const times = new Map<number, number>()
  for (const record of log) times.set(record, (times.get(record) ?? 0) + 1)
  return times
}

test('whatever the network does: each acknowledged record once, in order, and nothing unreported', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 150 }), async (steps) => {
      const run = await play(steps)
      const times = counts(run.broker.log)
      for (let record = 0; record < run.written; record++) {
        const failed = run.failed.get(record)
        expect(run.delivered.has(record) !== (failed !== undefined)).toBe(true)
        // The broker forgets nothing here, so that nothing is ever repeated, however careful the report is.
        if (failed === undefined) expect(times.get(record)).toBe(1)
        else expect(times.get(record) ?? 0).toBeLessThanOrEqual(failed.mayBeWritten ? 1 : 0)
      }
      expect(run.broker.log).toEqual([...run.broker.log].sort((a, b) => a - b))
    }),
    { numRuns: 1_000 },
  )
})

test('in a transaction producer and broker agree about the numbers while no batch is given up', async () => {
  const steps = fc.array(
    step.filter(({ kind }) => kind !== 'refuse'),
    { minLength: 5, maxLength: 150 },
  )
  await fc.assert(
    fc.asyncProperty(steps, async (actions) => {
      const run = await play(actions, { isTransactional: true, timeoutMs: Number.POSITIVE_INFINITY })
      expect(run.broker.log).toEqual(Array.from({ length: run.written }, (_, record) => record))
      // Else a new epoch or another producer id would follow, and the broker would call the producer fenced.
      expect(run.queue.identity ?? firstIdentity).toEqual(firstIdentity)
    }),
    { numRuns: 1_000 },
  )
})

test('a broker that forgets the producer loses nothing it acknowledged, and writes nothing that was ruled out', async () => {
  const steps = fc.array(fc.oneof({ weight: 20, arbitrary: step }, { weight: 1, arbitrary: forget }), {
    minLength: 10,
    maxLength: 150,
  })
  await fc.assert(
    fc.asyncProperty(steps, async (actions) => {
      const run = await play(actions)
      const times = counts(run.broker.log)
      for (let record = 0; record < run.written; record++) {
        const failed = run.failed.get(record)
        const delivered = run.delivered.get(record)
        expect(delivered !== undefined || failed !== undefined).toBe(true)
        if (delivered !== undefined) expect(times.get(record) ?? 0).toBeGreaterThanOrEqual(1)
        // Under its own number a batch is repeated in good faith; whoever lost the number can't tell either.
        if (delivered?.mayBeRepeated === false && !run.broker.repeatedUnderOneNumber.has(record))
          expect(times.get(record)).toBe(1)
        if (failed?.mayBeWritten === false) expect(times.get(record) ?? 0).toBe(0)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('without idempotence nothing acknowledged is lost or out of order, and what may be repeated is said', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 150 }), async (steps) => {
      const run = await play(steps, { isIdempotent: false })
      const times = counts(run.broker.log)
      for (let record = 0; record < run.written; record++) {
        const failed = run.failed.get(record)
        const delivered = run.delivered.get(record)
        expect((delivered !== undefined) !== (failed !== undefined)).toBe(true)
        if (delivered?.mayBeRepeated === false) expect(times.get(record)).toBe(1)
        if (delivered?.mayBeRepeated) expect(times.get(record) ?? 0).toBeGreaterThanOrEqual(1)
        if (failed?.mayBeWritten === false) expect(times.get(record) ?? 0).toBe(0)
      }
      // Of each record the first time it is there.
      const order = [...times.keys()]
      expect(order).toEqual([...order].sort((a, b) => a - b))
    }),
    { numRuns: 1_000 },
  )
})
