/** Decimals as Avro stores them: an unscaled two's-complement integer, big-endian, with the scale in the schema. */
export interface DecimalShape {
  readonly precision: number
  readonly scale: number
}

/** "12.3" at scale 2 is 1230n; undefined when the text isn't a decimal or doesn't fit without rounding. */
export function parseDecimal(text: string, { precision, scale }: DecimalShape): bigint | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = ''] = match
  if (/[1-9]/.test(fraction.slice(scale))) return undefined
  const digits = `${whole}${fraction.slice(0, scale).padEnd(scale, '0')}`.replace(/^0+(?=\d)/, '')
  if (digits.length > precision && digits !== '0') return undefined
  const unscaled = BigInt(digits)
  return sign === '-' ? -unscaled : unscaled
}

/** Always `scale` digits after the point, so that equal decimals are equal strings. */
export function formatDecimal(unscaled: bigint, { scale }: DecimalShape): string {
  const sign = unscaled < 0n ? '-' : ''
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  if (scale === 0) return sign + digits
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** The shortest two's-complement form, or exactly `size` bytes; undefined when it needs more than `size`. */
export function encodeUnscaled(unscaled: bigint, size?: number): Buffer | undefined {
  const length = size ?? minimalLength(unscaled)
  if (minimalLength(unscaled) > length) return undefined
  const modulo = BigInt.asUintN(length * 8, unscaled)
  return Buffer.from(modulo.toString(16).padStart(length * 2, '0'), 'hex')
}

export function decodeUnscaled(bytes: Uint8Array): bigint | undefined {
  if (bytes.length === 0) return undefined
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`))
}

/** The most digits that a fixed of `size` bytes holds for every value (Avro specification 1.11, "Decimal"). */
export function maxPrecision(size: number): number {
  return size === 0 ? 0 : (2n ** BigInt(size * 8 - 1) - 1n).toString().length - 1
}

function minimalLength(unscaled: bigint): number {
  const magnitude = unscaled < 0n ? -unscaled - 1n : unscaled
  // One more bit for the sign.
  return Math.floor((magnitude === 0n ? 0 : magnitude.toString(2).length) / 8) + 1
}
