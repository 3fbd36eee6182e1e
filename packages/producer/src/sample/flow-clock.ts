/** Seconds whose text is kept: the longest flow's start and its arrival both lie within. */
const keptSeconds = 64

const twoDigits = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'))
const threeDigits = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'))

/**
 * The time of generated flows, written as pmacct writes it: `2026-01-31 12:00:00.000000`, UTC. Formatting a date costs
 * more than the rest of a record together, so the text of a second is made once and the digits behind it are looked up.
 */
export class FlowClock {
  readonly #startSecond: number
  readonly #intervalMicros: number
  /** `2026-01-31 12:00:00.000000` */
  readonly #texts = new Array<string>(keptSeconds).fill('')
  /** `2026-01-31 12:00:00.000` of the millisecond formatted last. */
  #milliText = ''
  #milli = -1
  readonly #seconds = new Float64Array(keptSeconds).fill(-1)
  #micros: number

  constructor(startTimeMs: number, intervalMicros: number) {
    this.#startSecond = Math.floor(startTimeMs / 1_000)
    this.#micros = (startTimeMs % 1_000) * 1_000
    this.#intervalMicros = intervalMicros
  }

  /** The next arrival, in microseconds since the start's second. */
  next(): number {
    const now = this.#micros
    this.#micros += this.#intervalMicros
    return now
  }

  format(micros: number): string {
    const milli = Math.floor(micros / 1_000)
    if (milli !== this.#milli) {
      const second = Math.floor(milli / 1_000)
      this.#milli = milli
      this.#milliText = this.#textOf(second).slice(0, -6) + threeDigits[milli - second * 1_000]
    }
    return this.#milliText + threeDigits[micros - milli * 1_000]
  }

  /** The whole second `seconds` before, as a router reports a flow's start and end. */
  before(micros: number, seconds: number): string {
    return this.#textOf(Math.floor(micros / 1_000_000) - seconds)
  }

  #textOf(second: number): string {
    const slot = ((second % keptSeconds) + keptSeconds) % keptSeconds
    if (this.#seconds[slot] !== second || this.#texts[slot] === '') {
      this.#seconds[slot] = second
      this.#texts[slot] = formatSecond(this.#startSecond + second)
    }
    return this.#texts[slot] as string
  }
}

function formatSecond(secondsSinceEpoch: number): string {
  const date = new Date(secondsSinceEpoch * 1_000)
  const day = `${date.getUTCFullYear()}-${twoDigits[date.getUTCMonth() + 1]}-${twoDigits[date.getUTCDate()]}`
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map((part) => twoDigits[part])
  return `${day} ${time.join(':')}.000000`
}
