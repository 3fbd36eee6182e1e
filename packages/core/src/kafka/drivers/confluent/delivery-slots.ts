import type { TidewaterError } from '../../../errors.js'
import type { DeliveryLedger } from '../delivery-ledger.js'
import { kafkaCode } from '../protocol-errors.js'
import type { Segment } from '../split-send.js'
import { codeOf } from './errors.js'

// A report finds its record through one small integer: the upper bits name the slot, the lower ones the record. V8 holds
// a 31-bit integer without allocating; the library keeps a handle for it from produce to report, and an object per record
// there would live through several garbage collections.
const indexBits = 20
const indexMask = (1 << indexBits) - 1
const maxSlots = 1 << (31 - indexBits)

/** Most records one slot can hold. */
export const maxSlotRecords = 1 << indexBits

interface Slot {
  readonly segment: Segment
  readonly ledger: DeliveryLedger
  readonly toError: (reason: unknown) => TidewaterError
  readonly tooLarge: number[]
  /** One error object per code, so that neighbours with the same fate become one range. */
  readonly errors: Map<number | undefined, TidewaterError>
  outstanding: number
  isFilled: boolean
  settle: () => void
}

/** Matches delivery reports to the records of the sends that wait for them. */
export class DeliverySlots {
  readonly #slots: (Slot | undefined)[] = []
  readonly #free: number[] = []
  readonly #waiting: (() => void)[] = []

  get isFull(): boolean {
    return this.#free.length === 0 && this.#slots.length === maxSlots
  }

  /** Resolves when any report has come: then there may be room in librdkafka's queue, or a free slot. */
  nextReport(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  open(segment: Segment, ledger: DeliveryLedger, toError: (reason: unknown) => TidewaterError): SlotHandle {
    const id = this.#free.pop() ?? this.#slots.length
    let settle: () => void = () => undefined
    const settled = new Promise<void>((resolve) => {
      settle = resolve
    })
    const slot: Slot = {
      segment,
      ledger,
      toError,
      tooLarge: [],
      errors: new Map(),
      outstanding: 0,
      isFilled: false,
      settle,
    }
    this.#slots[id] = slot
    return {
      settled,
      opaqueOf: (index) => (id << indexBits) | (index - segment.first),
      added: () => {
        slot.outstanding++
      },
      filled: () => {
        slot.isFilled = true
        this.#releaseWhenDone(id, slot)
      },
      tooLarge: () => runsOf(slot.tooLarge),
    }
  }

  onReport(error: unknown, opaque: number, offset: number): void {
    const id = opaque >>> indexBits
    const slot = this.#slots[id]
    if (slot === undefined) return
    const index = slot.segment.first + (opaque & indexMask)
    if (!error) slot.ledger.deliver(index, offset < 0 ? -1 : offset)
    else this.#onFailure(slot, index, error)
    slot.outstanding--
    this.#releaseWhenDone(id, slot)
    if (this.#waiting.length > 0) this.#wake()
  }

  #onFailure(slot: Slot, index: number, error: unknown): void {
    const code = codeOf(error)
    if (code === kafkaCode.messageTooLarge || code === kafkaCode.recordListTooLarge) {
      slot.tooLarge.push(index)
      return
    }
    const known = slot.errors.get(code) ?? slot.toError(error)
    slot.errors.set(code, known)
    slot.ledger.fail(index, known)
  }

  // A slot whose send gave up stays taken until its last report came: a late report must not meet another batch.
  #releaseWhenDone(id: number, slot: Slot): void {
    if (!slot.isFilled || slot.outstanding > 0) return
    this.#slots[id] = undefined
    this.#free.push(id)
    slot.settle()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

export interface SlotHandle {
  /** Every record has its report. */
  readonly settled: Promise<void>
  opaqueOf(index: number): number
  /** Counts a record that librdkafka took. */
  added(): void
  /** No further record comes. */
  filled(): void
  /** What the broker found too large, as runs. */
  tooLarge(): Segment[]
}

function runsOf(indexes: readonly number[]): Segment[] {
  const runs: { first: number; end: number }[] = []
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last !== undefined && last.end === index) last.end++
    else runs.push({ first: index, end: index + 1 })
  }
  return runs
}
