import avsc, { type Type } from 'avsc'
import { bigintLong } from './bigint-long.js'
import { type Conversion, conversionFor } from './conversion.js'
import { ConvertedType, ConvertedUnionType, expectedBy } from './converted-type.js'
import type { ComplexDefinition, FieldDefinition, RecordDefinition } from './definition.js'
import { checkedInt, exactDouble, exactFloat, exactLong } from './exact-number.js'
import { type LogicalType, readLogicalType, signatureOf } from './logical.js'
import { stateLogicalType } from './stated-logical-type.js'
import { isPlainObject, type ValueKind } from './value-kind.js'

export type LongRepresentation = 'number' | 'bigint'

interface HookOptions {
  registry: Record<string, Type>
}

const plainString = avsc.Type.forSchema({ type: 'string' })
const plainBytes = avsc.Type.forSchema({ type: 'bytes' })
const bytes = new ConvertedType(plainBytes, {
  kind: 'bytes',
  expected: 'bytes',
  toAvro: bufferOver,
  fromAvro: (stored) => stored,
})

/**
 * The avsc type that encodes and decodes a definition. A part that avsc treats as we document it is left to avsc, so a
 * record of plain fields runs avsc's generated code and nothing else; only the other parts are wrapped.
 */
export function compileType(definition: RecordDefinition, longs: LongRepresentation): Type {
  // A wrapped record asks for its own definition again: the second time avsc must build it.
  const underConstruction = new Set<unknown>()
  const typeHook = (schema: unknown, options: HookOptions): Type | undefined => {
    if (typeof schema === 'string') return primitive(schema, longs)
    if (Array.isArray(schema))
      return union(
        schema.map((branch) => avsc.Type.forSchema(branch, options as object)),
        options,
      )
    const complex = schema as ComplexDefinition
    const logical = readLogicalType(complex)
    if (logical !== undefined && 'name' in logical) return logicalType(complex, logical, options)
    switch (complex.type) {
      case 'enum':
        return registered(new avsc.types.EnumType(schema as never, options), enumConversion(complex), options)
      case 'fixed':
        return registered(
          new avsc.types.FixedType(schema as never, options),
          fixedConversion(complex),
          options,
        )
      case 'map':
        return new ConvertedType(new avsc.types.MapType(schema as never, options), mapConversion)
      case 'record':
        if (underConstruction.has(schema) || !acceptsAnything(complex)) return undefined
        underConstruction.add(schema)
        return new ConvertedType(schema as never, recordConversion(complex), options)
      default:
        return primitive(complex.type, longs)
    }
  }
  return avsc.Type.forSchema(
    definition as never,
    { typeHook, noAnonymousTypes: true, omitRecordMethods: true } as object,
  )
}

/** The avsc type that reads what a writer wrote, value by value as stored: resolution goes from here to a compiled type. */
export function compileWriterType(definition: RecordDefinition): Type {
  const underConstruction = new Set<unknown>()
  const typeHook = (schema: unknown, options: object): Type | undefined => {
    if (typeof schema !== 'object' || schema === null || underConstruction.has(schema)) return undefined
    const logical = readLogicalType(schema as ComplexDefinition)
    if (logical === undefined || !('name' in logical)) return undefined
    underConstruction.add(schema)
    const type = avsc.Type.forSchema(schema as never, options)
    underConstruction.delete(schema)
    stateLogicalType(type, signatureOf(logical))
    return type
  }
  return avsc.Type.forSchema(
    definition as never,
    { typeHook, wrapUnions: 'always', noAnonymousTypes: true, omitRecordMethods: true } as object,
  )
}

function primitive(name: string, longs: LongRepresentation): Type | undefined {
  switch (name) {
    case 'bytes':
      return bytes
    case 'int':
      return checkedInt
    case 'long':
      return longs === 'bigint' ? bigintLong : exactLong
    case 'float':
      return exactFloat
    case 'double':
      return exactDouble
    default:
      return undefined
  }
}

function logicalType(definition: ComplexDefinition, logical: LogicalType, options: HookOptions): Type {
  const conversion = conversionFor(logical)
  if (definition.type === 'fixed')
    return registered(new avsc.types.FixedType(definition as never, options), conversion, options)
  switch (definition.type) {
    case 'long':
      return new ConvertedType(conversion.kind === 'bigint' ? bigintLong : exactLong, conversion)
    case 'int':
      return new ConvertedType(checkedInt, conversion)
    default:
      return new ConvertedType(definition.type === 'bytes' ? plainBytes : plainString, conversion)
  }
}

/** A named type has put itself into the registry; later references must find the wrapped one. */
function registered(type: Type, conversion: Conversion, options: HookOptions): Type {
  const converted = new ConvertedType(type, conversion)
  options.registry[type.name as string] = converted
  return converted
}

function union(branches: readonly Type[], options: HookOptions): Type {
  const byKind = new Map(branches.map((branch) => [kindOfType(branch), branch]))
  if (byKind.size < branches.length) return taggedUnion(branches, options)
  const needsNoConversion = branches.every((branch) => !avsc.Type.isType(branch, 'logical', 'abstract'))
  return needsNoConversion
    ? new avsc.types.UnwrappedUnionType(branches as never, options)
    : new ConvertedUnionType(byKind, options)
}

function taggedUnion(branches: readonly Type[], options: HookOptions): Type {
  const names = new Set(branches.map((branch) => branch.branchName as string))
  return new ConvertedType(new avsc.types.WrappedUnionType(branches as never, options), {
    kind: 'object',
    expected: `one of ${branches.map((branch) => taggedForm(branch)).join(' | ')}`,
    toAvro: (value) => {
      if (value === null) return names.has('null') ? null : undefined
      const keys = typeof value === 'object' ? Object.keys(value) : []
      return keys.length === 1 && names.has(keys[0] as string) ? value : undefined
    },
    fromAvro: (stored) => stored,
  })
}

function taggedForm(branch: Type): string {
  return branch.branchName === 'null'
    ? 'null'
    : `{ ${JSON.stringify(branch.branchName)}: ${expectedBy(branch)} }`
}

function kindOfType(type: Type): ValueKind {
  if (type instanceof ConvertedType) return type.conversion.kind
  switch (type.typeName) {
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return 'number'
    case 'abstract:long':
      return 'bigint'
    case 'record':
      return 'object'
    default:
      return type.typeName as ValueKind
  }
}

function enumConversion(definition: ComplexDefinition): Conversion {
  const symbols = new Set(definition.symbols as readonly unknown[])
  return {
    kind: 'string',
    expected: `enum ${String(definition.name)} (${[...symbols].join(', ')})`,
    // avsc looks the symbol up in an object literal, where "constructor" is always found.
    toAvro: (value) => (symbols.has(value) ? value : undefined),
    fromAvro: (stored) => stored,
  }
}

function fixedConversion(definition: ComplexDefinition): Conversion {
  return {
    kind: 'bytes',
    expected: `fixed ${String(definition.name)} of ${String(definition.size)} bytes`,
    toAvro: bufferOver,
    fromAvro: (stored) => stored,
  }
}

const mapConversion: Conversion = {
  kind: 'object',
  expected: 'map as a plain object',
  // avsc would write a Map or a Date as a map without entries.
  toAvro: (value) => (isPlainObject(value) ? value : undefined),
  fromAvro: (stored) => stored,
}

function recordConversion(definition: ComplexDefinition): Conversion {
  return {
    kind: 'object',
    expected: `record ${String(definition.name)}`,
    toAvro: (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined,
    fromAvro: (stored) => stored,
  }
}

/** With a default for every field, avsc would write the number 5 as a record of defaults. */
function acceptsAnything(definition: ComplexDefinition): boolean {
  return (definition.fields as readonly FieldDefinition[]).every((field) => field.default !== undefined)
}

function bufferOver(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : undefined
}
