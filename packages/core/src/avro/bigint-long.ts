import avsc from 'avsc'
import { describeValue } from '../config/parse.js'
import { TidewaterError } from '../errors.js'

/**
 * The whole range of an Avro long, as bigints. avsc hands over and takes eight little-endian bytes, two's complement.
 */
export const bigintLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigInt64LE(value)
    return bytes
  },
  // Only defaults and int-to-long promotion come this way; a JSON number past 2^53 was rounded before we saw it.
  fromJSON: (value: unknown) => {
    if (typeof value === 'bigint') return value
    if (Number.isSafeInteger(value)) return BigInt(value as number)
    throw new TidewaterError('SCHEMA_INVALID', `not an exact long: ${describeValue(value)}`)
  },
  toJSON: (value: bigint) => value,
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (left: bigint, right: bigint) => (left < right ? -1 : left > right ? 1 : 0),
})
