import { damaged } from '../damage.js'

import { type ByteCursor, toBigint } from './cursor.js'

import type { AvroField, AvroRecord, AvroType } from './schema.js'
import { branchOf, compileSkip } from './skip.js'

export type Read<T> = (cursor: ByteCursor) => T

/** A decoded value. A long beyond 2^53 is a bigint, any other a number. */
export type AvroValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly AvroValue[]
  | ReadonlyMap<string, AvroValue>
  | { readonly [field: string]: AvroValue }

/** Does with a field what its owner wants done: reads it into `target`. */
export type ReadField<T> = (cursor: ByteCursor, target: T) => void

/**
 * Compiles a writer's record into a reader of some of its fields; the others are skipped.
 *
 * @param want the reader of a field, undefined for one that is skipped
 */
export function compileProjection<T>(
  record: AvroRecord,
  want: (field: AvroField) => ReadField<T> | undefined,
): ReadField<T> {
  const steps = record.fields.map((field) => want(field) ?? (compileSkip(field.type) as ReadField<T>))
  return (cursor, target) => {
    for (let at = 0; at < steps.length; at++) (steps[at] as ReadField<T>)(cursor, target)
  }
}

/** An int or long below 2^53, undefined for null. */
export function numberReader(field: AvroField): Read<number | undefined> {
  return nullable(field, ['int', 'long'], () => (cursor) => cursor.readNumber())
}

/** An int or long; the last one's object is given again while the number stays the same. */
export function bigintReader(field: AvroField): Read<bigint | undefined> {
  return nullable(field, ['int', 'long'], () => {
    let low = 0
    let high = 0
    let value = 0n
    return (cursor) => {
      cursor.readHalves()
      if (cursor.low !== low || cursor.high !== high) {
        low = cursor.low
        high = cursor.high
        value = toBigint(low, high)
      }
      return value
    }
  })
}

/** A string that has few values: the last one is given again, and not decoded, while its bytes stay the same. */
export function repeatingStringReader(field: AvroField): Read<string | undefined> {
  return nullable(field, ['string'], () => {
    let last = Buffer.alloc(0)
    let value = ''
    return (cursor) => {
      const length = cursor.readLength()
      const begin = cursor.position
      cursor.position += length
      const same =
        length === last.length && last.compare(cursor.bytes, begin, cursor.position, 0, length) === 0
      if (same) return value
      last = Buffer.from(cursor.bytes.subarray(begin, cursor.position))
      value = last.toString('utf8')
      return value
    }
  })
}

/** Steps over a string and hands on where it lies; not called for null. */
export function spanReader<T>(
  field: AvroField,
  use: (target: T, begin: number, end: number) => void,
): ReadField<T> {
  const readSpan = (cursor: ByteCursor, target: T) => {
    const length = cursor.readLength()
    cursor.position += length
    use(target, cursor.position - length, cursor.position)
  }
  if (field.type.kind !== 'union') {
    expectKind(field, field.type, ['string'])
    return readSpan
  }
  const branches = field.type.branches.map((branch) => {
    if (branch.kind === 'null') return () => undefined
    expectKind(field, branch, ['string'])
    return readSpan
  })
  return (cursor, target) => branchOf(branches, cursor)(cursor, target)
}

/** Any value, whole. */
export function valueReader(
  type: AvroType,
  known: Map<AvroType, Read<AvroValue>> = new Map(),
): Read<AvroValue> {
  switch (type.kind) {
    case 'null':
      return () => null
    case 'boolean':
      return (cursor) => cursor.readBoolean()
    case 'int':
      return (cursor) => cursor.readNumber()
    case 'long':
      return readLong
    case 'float':
      return (cursor) => cursor.readFloat()
    case 'double':
      return (cursor) => cursor.readDouble()
    case 'bytes':
      return (cursor) => cursor.readBytes(cursor.readLength())
    case 'string':
      return (cursor) => cursor.readString()
    case 'fixed':
      return (cursor) => cursor.readBytes(type.size)
    case 'enum':
      return (cursor) => branchOf(type.symbols, cursor)
    case 'union': {
      const branches = type.branches.map((branch) => valueReader(branch, known))
      return (cursor) => branchOf(branches, cursor)(cursor)
    }
    case 'array':
      return arrayReader(valueReader(type.items, known))
    case 'map':
      return mapReader(valueReader(type.values, known))
    case 'record':
      return recordReader(type, known)
  }
}

function readLong(cursor: ByteCursor): number | bigint {
  const value = cursor.readBigint()
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function recordReader(type: AvroRecord, known: Map<AvroType, Read<AvroValue>>): Read<AvroValue> {
  const there = known.get(type)
  if (there !== undefined) return there
  let fields: readonly (readonly [string, Read<AvroValue>])[] = []
  const read: Read<AvroValue> = (cursor) => {
    const record: Record<string, AvroValue> = Object.create(null)
    for (const [name, readField] of fields) record[name] = readField(cursor)
    return record
  }
  known.set(type, read)
  fields = type.fields.map((field) => [field.name, valueReader(field.type, known)])
  return read
}

// No item takes less than a bit, but for those without bytes: of them a few are let through.
const maxItemsPerByte = 8
const maxItemsWithoutBytes = 10_000

function arrayReader<T extends AvroValue>(readItem: Read<T>): Read<readonly T[]> {
  return (cursor) => {
    const items: T[] = []
    for (let count = cursor.readBlockCount(); count !== 0; count = cursor.readBlockCount()) {
      if (items.length + count > (cursor.end - cursor.position) * maxItemsPerByte + maxItemsWithoutBytes) {
        throw damaged('record', `an array of ${count} items in ${cursor.end - cursor.position} bytes`)
      }
      for (let item = 0; item < count; item++) items.push(readItem(cursor))
    }
    return items
  }
}

function mapReader(readValue: Read<AvroValue>): Read<AvroValue> {
  const readEntries = arrayReader((cursor) => [cursor.readString(), readValue(cursor)] as const)
  return (cursor) => new Map(readEntries(cursor) as readonly (readonly [string, AvroValue])[])
}

function nullable<T>(
  field: AvroField,
  kinds: readonly AvroType['kind'][],
  make: () => Read<T>,
): Read<T | undefined> {
  if (field.type.kind !== 'union') {
    expectKind(field, field.type, kinds)
    return make()
  }
  const branches = field.type.branches.map((branch): Read<T | undefined> => {
    if (branch.kind === 'null') return () => undefined
    expectKind(field, branch, kinds)
    return make()
  })
  return (cursor) => branchOf(branches, cursor)(cursor)
}

function expectKind(
  { name, id }: AvroField,
  { kind }: AvroType,
  expected: readonly AvroType['kind'][],
): void {
  if (expected.includes(kind)) return
  throw damaged('schema', `field ${name} is ${kind}, not ${expected.join(' or ')}`, {
    field: name,
    ...(id === undefined ? {} : { fieldId: id }),
  })
}
