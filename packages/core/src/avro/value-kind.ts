import { isDate } from 'node:util/types'

/**
 * What a JavaScript value looks like before its content is read. A union whose branches all differ in kind needs no tag;
 * the types in infer-names.ts draw the same line.
 */
export type ValueKind =
  | 'null'
  | 'boolean'
  | 'number'
  | 'bigint'
  | 'string'
  | 'bytes'
  | 'date'
  | 'array'
  | 'object'

export function kindOfValue(value: unknown): ValueKind | undefined {
  switch (typeof value) {
    case 'boolean':
    case 'number':
    case 'bigint':
    case 'string':
      return typeof value as ValueKind
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return 'array'
      if (value instanceof Uint8Array) return 'bytes'
      return isDate(value) ? 'date' : 'object'
    default:
      return undefined
  }
}

/** An object literal or the like: a `Map` or a class instance has no fields to read by `Object.keys`. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}
