import avsc, { type Type } from 'avsc'
import { TidewaterError } from '../errors.js'

/** avsc's cursor over a buffer, as far as it is used here; its declarations leave it out. */
interface Tap {
  readonly buf: Buffer
  pos: number
  readLong(): number
  writeLong(value: number): void
}

interface LongInternals {
  _write(tap: Tap, value: unknown): void
}

const plainLong = avsc.Type.forSchema({ type: 'long' }) as unknown as LongInternals

// avsc 5.7.9 computes the zigzag form 2n in a double: from 2^53 on, odd results (negative longs) turn even, so that a long
// under −2^52 is written, and read, as another number with the other sign.
const exactZigzagBound = 2 ** 52

type Hook = (value: unknown, type: Type) => void

/** avsc's check of an int ends in a TypeError for a bigint or a symbol, which hides the field it stands in. */
class CheckedInt extends avsc.types.IntType {
  protected _check(value: unknown, _flags: number, hook?: Hook): boolean {
    const isValid = typeof value === 'number' && value === (value | 0)
    if (!isValid) hook?.(value, this)
    return isValid
  }
}

/** A long as a number, right in the whole range of safe integers and an error outside it. */
class ExactLong extends avsc.types.LongType {
  protected _check(value: unknown, _flags: number, hook?: Hook): boolean {
    const isValid = Number.isSafeInteger(value)
    if (!isValid) hook?.(value, this)
    return isValid
  }

  protected _write(tap: Tap, value: unknown): void {
    if (!Number.isSafeInteger(value)) plainLong._write(tap, Number.NaN)
    else if ((value as number) >= -exactZigzagBound) tap.writeLong(value as number)
    else writeZigzag(tap, -2n * BigInt(value as number) - 1n)
  }

  // Also called as the method of a resolver: `this` isn't always an ExactLong.
  protected _read(tap: Tap): number {
    const start = tap.pos
    const value = tap.readLong()
    if (value < exactZigzagBound && value > -exactZigzagBound) return value
    const exact = readExactly(tap, start)
    if (exact >= Number.MIN_SAFE_INTEGER && exact <= Number.MAX_SAFE_INTEGER) return Number(exact)
    throw new TidewaterError('RECORD_INVALID', `the long ${exact} is no safe integer`, {
      remedy: 'Create the schema with { longs: "bigint" }.',
    })
  }
}

interface Resolver {
  _read?: (tap: Tap) => number
}

interface UpdateInternals {
  _update(resolver: Resolver, writer: Type): void
}

const plainFloat = avsc.types.FloatType.prototype as unknown as UpdateInternals
const plainDouble = avsc.types.DoubleType.prototype as unknown as UpdateInternals

/** A float that reads a writer's long: rounded, as the specification allows, but with its own sign. */
class ExactFloat extends avsc.types.FloatType {
  protected _update(resolver: Resolver, writer: Type): void {
    if (writer.typeName === 'long') resolver._read = readRounded
    else plainFloat._update.call(this, resolver, writer)
  }
}

/** As {@link ExactFloat}. */
class ExactDouble extends avsc.types.DoubleType {
  protected _update(resolver: Resolver, writer: Type): void {
    if (writer.typeName === 'long') resolver._read = readRounded
    else plainDouble._update.call(this, resolver, writer)
  }
}

export const checkedInt: Type = new CheckedInt()
export const exactLong: Type = new ExactLong()
export const exactFloat: Type = new ExactFloat()
export const exactDouble: Type = new ExactDouble()

function readRounded(tap: Tap): number {
  const start = tap.pos
  tap.readLong()
  return Number(readExactly(tap, start))
}

function readExactly(tap: Tap, start: number): bigint {
  let zigzag = 0n
  for (let index = start; index < tap.pos; index += 1)
    zigzag |= BigInt((tap.buf[index] ?? 0) & 0x7f) << BigInt(7 * (index - start))
  return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n))
}

function writeZigzag(tap: Tap, zigzag: bigint): void {
  let rest = zigzag
  while (rest > 0x7fn) {
    tap.buf[tap.pos++] = Number(rest & 0x7fn) | 0x80
    rest >>= 7n
  }
  tap.buf[tap.pos++] = Number(rest)
}
