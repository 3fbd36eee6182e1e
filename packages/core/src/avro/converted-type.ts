import avsc, { type Type } from 'avsc'
import { describeValue } from '../config/parse.js'
import { TidewaterError } from '../errors.js'
import type { Conversion } from './conversion.js'
import { statedLogicalType } from './stated-logical-type.js'
import { kindOfValue, type ValueKind } from './value-kind.js'

interface Resolver {
  _read(tap: unknown): unknown
}

type ErrorHook = (value: unknown, type: Type) => void

/** The methods of avsc 5.7.9 types that its declarations leave out and that the overrides below need. */
interface AvscInternals {
  _check(value: unknown, flags: number, hook?: ErrorHook, path?: string[]): boolean
}

/**
 * An avsc type whose values are converted on their way in and out. avsc's own `LogicalType` does the work; what is added
 * is schema resolution through the underlying type, so that promotions and unions inside it still resolve.
 */
export class ConvertedType extends avsc.types.LogicalType {
  readonly conversion: Conversion

  constructor(
    underlying: ConstructorParameters<typeof avsc.types.LogicalType>[0],
    conversion: Conversion,
    options?: object,
  ) {
    super(underlying, options)
    this.conversion = conversion
  }

  protected override _toValue(value: unknown): unknown {
    return this.conversion.toAvro(value)
  }

  protected override _fromValue(stored: unknown): unknown {
    const value = this.conversion.fromAvro(stored)
    if (value !== undefined) return value
    throw new TidewaterError('RECORD_INVALID', `${describeValue(stored)} is no ${this.conversion.expected}`)
  }

  protected _update(resolver: Resolver, writer: Type): void {
    const stated = statedLogicalType(writer)
    const own = this.conversion.signature
    // The bytes would resolve, the values would be wrong: micros read as millis, cents as whole units.
    if (own !== undefined && stated !== undefined && stated !== own)
      throw new TidewaterError('SCHEMA_INVALID', `cannot read ${stated} as ${own}`)
    const inner = resolverOf(this.underlyingType, writer)
    resolver._read = (tap) => this._fromValue(inner._read(tap))
  }
}

/**
 * avsc resolves into the first branch that can take the writer's type, so a string would become bytes and a long a
 * double where the union has them first. The branch of the very same type goes before, as in Avro's Java library.
 */
function resolverOf(reader: Type, writer: Type): Resolver {
  const branches = reader instanceof avsc.types.WrappedUnionType ? reader.types : []
  const same = branches.find(({ branchName }) => branchName === writer.branchName)
  const name = same?.branchName
  if (same === undefined || name === undefined || name === 'null')
    return reader.createResolver(writer) as unknown as Resolver
  const inner = same.createResolver(writer) as unknown as Resolver
  return { _read: (tap) => ({ [name]: inner._read(tap) }) }
}

/** A union whose branches differ in kind, at least one of them converted: the value alone picks the branch. */
export class ConvertedUnionType extends ConvertedType {
  private readonly branches: ReadonlyMap<ValueKind, Type>

  constructor(branches: ReadonlyMap<ValueKind, Type>, options: object) {
    const names = new Map([...branches].map(([kind, branch]) => [kind, branch.branchName as string]))
    super(new avsc.types.WrappedUnionType([...branches.values()] as never, options), {
      kind: 'object',
      expected: [...branches.values()].map(expectedBy).join(' | '),
      toAvro: (value) => {
        const kind = kindOfValue(value)
        const name = kind === undefined ? undefined : names.get(kind)
        if (name === undefined || value === null) return name === undefined ? undefined : null
        return { [name]: value }
      },
      fromAvro: (stored) => (stored === null ? null : Object.values(stored as object)[0]),
    })
    this.branches = branches
  }

  // Without this the branch's name, which the caller never wrote, would stand in the path of an error.
  protected _check(value: unknown, flags: number, hook?: ErrorHook, path?: string[]): boolean {
    const kind = kindOfValue(value)
    const branch = kind === undefined ? undefined : this.branches.get(kind)
    if (branch !== undefined) return (branch as unknown as AvscInternals)._check(value, flags, hook, path)
    hook?.(value, this)
    return false
  }
}

/** How an error names a type. */
export function expectedBy(type: Type): string {
  if (type instanceof ConvertedType) return type.conversion.expected
  if (type instanceof avsc.types.UnwrappedUnionType || type instanceof avsc.types.WrappedUnionType)
    return type.types.map(expectedBy).join(' | ')
  if (type.name !== undefined) return `${type.typeName} ${type.name}`
  return type.branchName ?? type.typeName
}
