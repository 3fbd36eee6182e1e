import { damaged } from '../damage.js'
import type { ByteCursor } from './cursor.js'
import type { AvroRecord, AvroType } from './schema.js'

/** Steps over one value without looking at more of it than its length. */
export type Skip = (cursor: ByteCursor) => void

/** Bytes that every value of the type takes; undefined when they differ. */
function fixedSize(type: AvroType, within: ReadonlySet<AvroType> = new Set()): number | undefined {
  switch (type.kind) {
    case 'null':
      return 0
    case 'boolean':
      return 1
    case 'float':
      return 4
    case 'double':
      return 8
    case 'fixed':
      return type.size
    case 'record': {
      if (within.has(type)) return undefined
      let sum = 0
      for (const field of type.fields) {
        const size = fixedSize(field.type, new Set([...within, type]))
        if (size === undefined) return undefined
        sum += size
      }
      return sum
    }
    default:
      return undefined
  }
}

/** Compiles the type once, so that skipping a value decides nothing any more. */
export function compileSkip(type: AvroType, known: Map<AvroRecord, Skip> = new Map()): Skip {
  const size = fixedSize(type)
  if (size !== undefined) return (cursor) => cursor.advance(size)
  switch (type.kind) {
    case 'bytes':
    case 'string':
      return skipBytes
    case 'union':
      return skipUnion(type.branches.map((branch) => compileSkip(branch, known)))
    case 'array':
      return skipBlocks(type.items, known)
    case 'map':
      return skipBlocks(
        {
          kind: 'record',
          fields: [
            { name: 'key', type: { kind: 'string' } },
            { name: 'value', type: type.values },
          ],
        },
        known,
      )
    case 'record':
      return skipRecord(type, known)
    default:
      return skipNumber
  }
}

const skipNumber: Skip = (cursor) => cursor.skipNumber()

const skipBytes: Skip = (cursor) => cursor.skipBytes()

function skipUnion(branches: readonly Skip[]): Skip {
  return (cursor) => branchOf(branches, cursor)(cursor)
}

/** What the next number of the cursor chooses. */
export function branchOf<T>(branches: readonly T[], cursor: ByteCursor): T {
  const index = cursor.readNumber()
  const branch = branches[index]
  if (branch === undefined) {
    throw damaged('record', `branch ${index} of a union that has ${branches.length}`, { branch: index })
  }
  return branch
}

function skipRecord(type: AvroRecord, known: Map<AvroRecord, Skip>): Skip {
  const there = known.get(type)
  if (there !== undefined) return there
  let steps: readonly Skip[] = []
  // Known before its fields are compiled, of which one may be of this type again.
  const skip: Skip = (cursor) => {
    for (let at = 0; at < steps.length; at++) (steps[at] as Skip)(cursor)
  }
  known.set(type, skip)
  steps = type.fields.map((field) => compileSkip(field.type, known))
  return skip
}

function skipBlocks(items: AvroType, known: Map<AvroRecord, Skip>): Skip {
  const size = fixedSize(items)
  const skipItem = compileSkip(items, known)
  const skipItems =
    columnPairs(items) ??
    ((cursor: ByteCursor, count: number) => {
      for (let item = 0; item < count; item++) skipItem(cursor)
    })
  return (cursor) => {
    for (;;) {
      const count = cursor.readNumber()
      if (count === 0) return
      // Items without bytes would let a damaged count keep the loop busy for ever; a negative one states its bytes.
      if (count < 0) cursor.advance(cursor.readLength())
      else if (size !== undefined) cursor.advance(size * count)
      else skipItems(cursor, count)
    }
  }
}

/**
 * The statistics of columns, of which an entry has hundreds: pairs of a column's id and a number or bytes (Iceberg
 * specification, "Manifests": maps with int keys are arrays of pairs). One loop for both halves takes half of the time.
 */
function columnPairs(items: AvroType): ((cursor: ByteCursor, count: number) => void) | undefined {
  if (items.kind !== 'record' || items.fields.length !== 2) return undefined
  const [key, value] = items.fields.map(({ type }) => type.kind)
  if (key !== 'int') return undefined
  if (value === 'long') {
    return (cursor, count) => {
      for (let pair = 0; pair < count; pair++) {
        cursor.skipNumber()
        cursor.skipNumber()
      }
    }
  }
  if (value !== 'bytes') return undefined
  return (cursor, count) => {
    for (let pair = 0; pair < count; pair++) {
      cursor.skipNumber()
      cursor.skipBytes()
    }
  }
}
