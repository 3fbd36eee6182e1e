import avsc, { type Type } from 'avsc'
import { TidewaterError } from '../errors.js'

/**
 * Elements that take no bytes (nulls, empty records) can't be bounded by the payload's length: an array of a billion
 * nulls is six bytes. More than this is refused.
 */
export const maxZeroWidthElements = 1_000_000

/** Whether a payload of this type states element counts. */
export function statesBlockCounts(type: Type, seen = new Set<Type>()): boolean {
  if (seen.has(type)) return false
  seen.add(type)
  if (type instanceof avsc.types.ArrayType || type instanceof avsc.types.MapType) return true
  return childrenOf(type).some((child) => statesBlockCounts(child, seen))
}

/**
 * Walks a payload before avsc decodes it. avsc trusts the element count of an array or a map, so a few corrupt bytes
 * would have it allocate and fill billions of elements before it notices the end of the payload.
 *
 * @throws TidewaterError `RECORD_INVALID` for a payload that ends early or can't be represented.
 */
export function checkBlockCounts(type: Type, payload: Uint8Array): void {
  new Walk(payload).skip(type)
}

class Walk {
  private position = 0

  constructor(private readonly payload: Uint8Array) {}

  skip(type: Type): void {
    if (type instanceof avsc.types.LogicalType) this.skip(type.underlyingType)
    else if (type instanceof avsc.types.ArrayType) this.blocks(() => this.skip(type.itemsType))
    else if (type instanceof avsc.types.MapType)
      this.blocks(() => {
        this.mapKey()
        this.skip(type.valuesType)
      })
    else if (type instanceof avsc.types.FixedType) this.advance(type.size)
    else if (isUnion(type)) this.skip(this.branch(type))
    else if (type instanceof avsc.types.RecordType) for (const child of childrenOf(type)) this.skip(child)
    else this.skipPrimitive(type.typeName)
  }

  private skipPrimitive(name: string): void {
    switch (name) {
      case 'null':
        break
      case 'boolean':
        this.advance(1)
        break
      case 'float':
        this.advance(4)
        break
      case 'double':
        this.advance(8)
        break
      case 'bytes':
      case 'string':
        this.advance(this.long())
        break
      default:
        // int, long and enum are one variable-length integer each.
        this.long()
    }
  }

  private blocks(skipElement: () => void): void {
    for (;;) {
      let count = this.long()
      if (count === 0) return
      if (count < 0) {
        count = -count
        this.long()
      }
      for (let done = 0; done < count; done += 1) {
        const before = this.position
        skipElement()
        if (this.position === before && count > maxZeroWidthElements)
          throw malformed(`${count} elements without content, more than ${maxZeroWidthElements}`)
        if (this.position === before) break
      }
    }
  }

  private mapKey(): void {
    const length = this.long()
    const start = this.position
    this.advance(length)
    // avsc would set the decoded object's prototype and lose the entry.
    if (length === 9 && Buffer.from(this.payload.subarray(start, this.position)).toString() === '__proto__')
      throw malformed('a map key "__proto__" has no place in a JavaScript object')
  }

  private branch(type: Type): Type {
    const index = this.long()
    const branch = childrenOf(type)[index]
    if (branch === undefined) throw malformed(`union branch ${index} doesn't exist`)
    return branch
  }

  private advance(length: number): void {
    if (length < 0) throw malformed(`negative length ${length} at byte ${this.position}`)
    this.position += length
    if (this.position > this.payload.length) throw malformed(`it ends early, at byte ${this.payload.length}`)
  }

  /** Exact up to 2^53; a greater count or length is past any payload's end whatever its last digits. */
  private long(): number {
    let value = 0
    let factor = 1
    for (let index = 0; index < 10; index += 1) {
      const byte = this.payload[this.position]
      this.advance(1)
      value += ((byte ?? 0) & 0x7f) * factor
      if (((byte ?? 0) & 0x80) === 0) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      factor *= 128
    }
    throw malformed(`an integer of more than 10 bytes before byte ${this.position}`)
  }
}

function childrenOf(type: Type): readonly Type[] {
  if (type instanceof avsc.types.LogicalType) return [type.underlyingType]
  if (type instanceof avsc.types.RecordType) return type.fields.map((field) => field.type)
  if (isUnion(type)) return type.types
  return []
}

function isUnion(
  type: Type,
): type is InstanceType<typeof avsc.types.UnwrappedUnionType | typeof avsc.types.WrappedUnionType> {
  return type instanceof avsc.types.UnwrappedUnionType || type instanceof avsc.types.WrappedUnionType
}

function malformed(problem: string): TidewaterError {
  return new TidewaterError('RECORD_INVALID', `Malformed payload: ${problem}`)
}
