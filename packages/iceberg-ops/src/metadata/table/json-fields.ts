import { describeValue, messageOf } from '@tidewater/core'
import { parse } from 'lossless-json'
import { damaged } from '../damage.js'

/**
 * JSON whose integers keep all their digits: beyond 2^53 they are bigint, where JSON.parse rounds them.
 *
 * @throws TidewaterError `METADATA_CORRUPT`
 */
export function parseLosslessly(text: string): unknown {
  try {
    return parse(text, undefined, (digits) => {
      const number = Number(digits)
      return Number.isSafeInteger(number) || !/^-?\d+$/.test(digits) ? number : BigInt(digits)
    })
  } catch (cause) {
    throw damaged(
      'json',
      `no JSON, or not all of it: ${messageOf(cause)}`,
      { sizeCharacters: text.length },
      cause,
    )
  }
}

/**
 * An object of the JSON whose fields are read by name and type. What is missing, null or of another type is
 * `METADATA_CORRUPT`, naming the path, the value and what belongs there.
 */
export class JsonFields {
  readonly #object: Readonly<Record<string, unknown>>
  readonly #path: string

  constructor(value: unknown, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(path, value, 'an object')
    this.#object = value as Readonly<Record<string, unknown>>
    this.#path = path
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#object, name) && this.#object[name] !== null
  }

  string(name: string): string {
    const value = this.#object[name]
    return typeof value === 'string' ? value : this.#wrong(name, 'a string')
  }

  boolean(name: string): boolean {
    const value = this.#object[name]
    return typeof value === 'boolean' ? value : this.#wrong(name, 'true or false')
  }

  /** An integer below 2^53, as counts, sizes and times are. */
  integer(name: string): number {
    const value = this.#object[name]
    return Number.isSafeInteger(value) ? (value as number) : this.#wrong(name, 'an integer below 2^53')
  }

  /** An id of 64 bits. */
  id(name: string): bigint {
    const value = this.#object[name]
    const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value)
    if (isWhole && BigInt.asIntN(64, BigInt(value as number | bigint)) === BigInt(value as number | bigint))
      return BigInt(value as number | bigint)
    return this.#wrong(name, 'an integer of 64 bits')
  }

  object(name: string): JsonFields {
    return new JsonFields(this.#object[name], this.#pathOf(name))
  }

  /** Any value, for what is either a name or an object. */
  raw(name: string): unknown {
    return this.#object[name]
  }

  /** What `read` makes of each object of an array. */
  objects<T>(name: string, read: (fields: JsonFields) => T): T[] {
    return this.#array(name).map((item, at) => read(new JsonFields(item, `${this.#pathOf(name)}[${at}]`)))
  }

  integers(name: string): number[] {
    return this.#array(name).map((item) =>
      Number.isSafeInteger(item) ? (item as number) : this.#wrong(name, 'an array of integers'),
    )
  }

  strings(name: string): string[] {
    return this.#array(name).map((item) =>
      typeof item === 'string' ? item : this.#wrong(name, 'an array of strings'),
    )
  }

  /** The fields of an object that may have any name, read one by one. */
  entries<T>(name: string, read: (fields: JsonFields) => T): [string, T][] {
    const object = this.object(name)
    return Object.keys(object.#object).map((key) => [key, read(object.object(key))])
  }

  /** A map of strings; numbers and booleans, which some writers leave bare, are written out. */
  stringMap(name: string): Record<string, string> {
    const object = this.object(name).#object
    return Object.fromEntries(
      Object.entries(object).map(([key, value]) => [
        key,
        typeof value === 'object' ? this.#wrong(`${name}.${key}`, 'a string') : String(value),
      ]),
    )
  }

  /** The field's value where it is there and not null, else nothing: `{ ...optional('a', …) }`. */
  optional<K extends string, T>(key: K, name: string, read: (name: string) => T): { [P in K]?: T } {
    return (this.has(name) ? { [key]: read(name) } : {}) as { [P in K]?: T }
  }

  #array(name: string): readonly unknown[] {
    const value = this.#object[name]
    return Array.isArray(value) ? value : this.#wrong(name, 'an array')
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  #wrong(name: string, expected: string): never {
    throw wrong(this.#pathOf(name), this.#object[name], expected)
  }
}

function wrong(path: string, value: unknown, expected: string) {
  const found = value === undefined ? 'missing' : describeValue(value)
  return damaged('field', `${path === '' ? 'the document' : path} is ${found}, not ${expected}`, {
    path,
    value: found,
    expected,
  })
}
