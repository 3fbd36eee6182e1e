import type { LogicalValues } from './infer-logical.js'
import type {
  BranchName,
  HasSameKindTwice,
  NamedTypesIn,
  NamespaceFor,
  Resolve,
  TypeScope,
} from './infer-names.js'

/**
 * The type of a decoded record, inferred from a literal Avro schema. See `avroSchema` for the JavaScript type of each
 * Avro type. A definition that isn't a literal (read from a file, say) gives `Record<string, unknown>`.
 */
export type InferAvro<Definition, Long extends number | bigint = number> = RootValue<
  Definition,
  Long,
  'output'
>

/** The type of a record to encode: as {@link InferAvro}, but a field with a default may be left out. */
export type InferAvroInput<Definition, Long extends number | bigint = number> = RootValue<
  Definition,
  Long,
  'input'
>

type RootValue<Definition, Long extends number | bigint, Direction> = Definition extends {
  readonly name: infer Name
}
  ? string extends Name
    ? Record<string, unknown>
    : Value<Definition, '', { names: NamedTypesIn<Definition, ''>; long: Long; direction: Direction }>
  : Value<Definition, '', { names: NamedTypesIn<Definition, ''>; long: Long; direction: Direction }>

interface Primitives<Long> {
  null: null
  boolean: boolean
  int: number
  long: Long
  float: number
  double: number
  bytes: Uint8Array
  string: string
}

type Value<Schema, Namespace extends string, Scope extends TypeScope> = Schema extends string
  ? Schema extends keyof Primitives<Scope['long']>
    ? Primitives<Scope['long']>[Schema]
    : Reference<Resolve<Schema, Namespace, Scope['names']>, Scope>
  : Schema extends readonly unknown[]
    ? UnionValue<Schema, Namespace, Scope>
    : Schema extends { readonly type: infer Type; readonly logicalType: infer Logical }
      ? LogicalOf<Type, Logical> extends never
        ? ComplexValue<Schema, Namespace, Scope>
        : LogicalOf<Type, Logical>
      : ComplexValue<Schema, Namespace, Scope>

type LogicalOf<Type, Logical> = Type extends keyof LogicalValues
  ? Logical extends keyof LogicalValues[Type]
    ? LogicalValues[Type][Logical]
    : never
  : never

type Reference<Named, Scope extends TypeScope> = Named extends {
  schema: infer Schema
  enclosing: infer Enclosing extends string
}
  ? Value<Schema, Enclosing, Scope>
  : never

type ComplexValue<Schema, Namespace extends string, Scope extends TypeScope> = Schema extends {
  readonly type: 'record'
  readonly fields: infer Fields extends readonly unknown[]
}
  ? RecordValue<Fields, NamespaceFor<Schema, Namespace>, Scope>
  : Schema extends { readonly type: 'enum'; readonly symbols: readonly (infer Symbols)[] }
    ? Symbols
    : Schema extends { readonly type: 'fixed' }
      ? Uint8Array
      : Schema extends { readonly type: 'array'; readonly items: infer Items }
        ? Scope['direction'] extends 'input'
          ? readonly Value<Items, Namespace, Scope>[]
          : Value<Items, Namespace, Scope>[]
        : Schema extends { readonly type: 'map'; readonly values: infer Values }
          ? { [key: string]: Value<Values, Namespace, Scope> }
          : Schema extends { readonly type: infer Primitive extends keyof Primitives<unknown> }
            ? Primitives<Scope['long']>[Primitive]
            : never

type RecordValue<
  Fields extends readonly unknown[],
  Namespace extends string,
  Scope extends TypeScope,
> = Scope['direction'] extends 'input'
  ? Flatten<
      {
        [Field in Exclude<Fields[number], WithDefault> as NameOf<Field>]: Value<
          TypeOf<Field>,
          Namespace,
          Scope
        >
      } & {
        [Field in Extract<Fields[number], WithDefault> as NameOf<Field>]?:
          | Value<TypeOf<Field>, Namespace, Scope>
          | undefined
      }
    >
  : { [Field in Fields[number] as NameOf<Field>]: Value<TypeOf<Field>, Namespace, Scope> }

type WithDefault = { readonly default: unknown }
type NameOf<Field> = Field extends { readonly name: infer Name extends string } ? Name : never
type TypeOf<Field> = Field extends { readonly type: infer Type } ? Type : never
type Flatten<T> = { [Key in keyof T]: T[Key] }

type UnionValue<Branches extends readonly unknown[], Namespace extends string, Scope extends TypeScope> =
  HasSameKindTwice<Branches, Namespace, Scope> extends true
    ? { [Index in keyof Branches]: TaggedBranch<Branches[Index], Namespace, Scope> }[number]
    : { [Index in keyof Branches]: Value<Branches[Index], Namespace, Scope> }[number]

type TaggedBranch<Branch, Namespace extends string, Scope extends TypeScope> =
  BranchName<Branch, Namespace> extends 'null'
    ? null
    : { [Name in BranchName<Branch, Namespace>]: Value<Branch, Namespace, Scope> }
