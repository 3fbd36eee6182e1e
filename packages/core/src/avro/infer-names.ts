/** What a type reference is resolved in: every named type of the schema, and how longs and defaults are typed. */
export interface TypeScope {
  names: unknown
  long: number | bigint
  direction: unknown
}

/** `full` is the type's full name; `enclosing` is the namespace its definition stands in. */
interface NamedType<Full, Schema, Enclosing> {
  full: Full
  schema: Schema
  enclosing: Enclosing
}

/** Every record, enum and fixed defined anywhere in a schema, as a union of {@link NamedType}. */
export type NamedTypesIn<Schema, Namespace extends string> = Schema extends string
  ? never
  : Schema extends readonly (infer Branch)[]
    ? NamedTypesIn<Branch, Namespace>
    : Schema extends { readonly type: 'record'; readonly fields: readonly (infer Field)[] }
      ?
          | NamedType<FullNameOf<Schema, Namespace>, Schema, Namespace>
          | NamedTypesInField<Field, NamespaceFor<Schema, Namespace>>
      : Schema extends { readonly type: 'enum' | 'fixed' }
        ? NamedType<FullNameOf<Schema, Namespace>, Schema, Namespace>
        : Schema extends { readonly type: 'array'; readonly items: infer Items }
          ? NamedTypesIn<Items, Namespace>
          : Schema extends { readonly type: 'map'; readonly values: infer Values }
            ? NamedTypesIn<Values, Namespace>
            : never

type NamedTypesInField<Field, Namespace extends string> = Field extends { readonly type: infer Type }
  ? NamedTypesIn<Type, Namespace>
  : never

export type FullNameOf<Schema, Namespace extends string> = Schema extends {
  readonly name: infer Name extends string
}
  ? Schema extends { readonly namespace: infer Declared extends string }
    ? Qualify<Name, Declared>
    : Qualify<Name, Namespace>
  : never

/** The namespace inside a named type. */
export type NamespaceFor<Schema, Namespace extends string> = ParentNamespace<FullNameOf<Schema, Namespace>>

type Qualify<Name extends string, Namespace extends string> = Name extends `${string}.${string}`
  ? Name
  : Namespace extends ''
    ? Name
    : `${Namespace}.${Name}`

type ParentNamespace<Full> = Full extends `${infer Head}.${infer Rest}`
  ? Rest extends `${string}.${string}`
    ? `${Head}.${ParentNamespace<Rest>}`
    : Head
  : ''

/** The definition that a name stands for, or never. */
export type Resolve<Name extends string, Namespace extends string, Names> = Extract<
  Names,
  { full: Qualify<Name, Namespace> }
>

/** The key of a tagged union's branch: the full name of a named type, else the Avro type's own name. */
export type BranchName<Branch, Namespace extends string> = Branch extends string
  ? Branch extends keyof PrimitiveKinds<unknown>
    ? Branch
    : Qualify<Branch, Namespace>
  : Branch extends { readonly type: 'record' | 'enum' | 'fixed' }
    ? FullNameOf<Branch, Namespace>
    : Branch extends { readonly type: infer Type extends string }
      ? Type
      : never

/** Whether two branches look the same in JavaScript, so that a value alone can't name its branch. */
export type HasSameKindTwice<
  Branches extends readonly unknown[],
  Namespace extends string,
  Scope extends TypeScope,
  Seen = never,
> = Branches extends readonly [infer First, ...infer Rest]
  ? Kind<First, Namespace, Scope> extends Seen
    ? true
    : HasSameKindTwice<Rest, Namespace, Scope, Seen | Kind<First, Namespace, Scope>>
  : false

type Kind<Schema, Namespace extends string, Scope extends TypeScope> = Schema extends string
  ? Schema extends keyof PrimitiveKinds<Scope['long']>
    ? PrimitiveKinds<Scope['long']>[Schema]
    : Resolve<Schema, Namespace, Scope['names']> extends { schema: infer Named }
      ? ComplexKind<Named, Scope>
      : 'unknown'
  : ComplexKind<Schema, Scope>

interface PrimitiveKinds<Long> {
  null: 'null'
  boolean: 'boolean'
  int: 'number'
  long: Long extends bigint ? 'bigint' : 'number'
  float: 'number'
  double: 'number'
  bytes: 'bytes'
  string: 'string'
}

type ComplexKind<Schema, Scope extends TypeScope> = Schema extends {
  readonly type: infer Type
  readonly logicalType: infer Logical
}
  ? [Type, Logical] extends ['long', 'timestamp-millis']
    ? 'date'
    : [Type, Logical] extends ['long', 'timestamp-micros' | 'local-timestamp-micros']
      ? 'bigint'
      : [Type, Logical] extends ['long', 'local-timestamp-millis' | 'time-micros']
        ? 'number'
        : [Type, Logical] extends ['int', 'date'] | ['bytes' | 'fixed', 'decimal']
          ? 'string'
          : [Type, Logical] extends ['fixed', 'duration']
            ? 'object'
            : PlainKind<Type, Scope>
  : Schema extends { readonly type: infer Type }
    ? PlainKind<Type, Scope>
    : 'unknown'

type PlainKind<Type, Scope extends TypeScope> = Type extends keyof PrimitiveKinds<unknown>
  ? PrimitiveKinds<Scope['long']>[Type]
  : Type extends 'record' | 'map'
    ? 'object'
    : Type extends 'enum'
      ? 'string'
      : Type extends 'fixed'
        ? 'bytes'
        : Type extends 'array'
          ? 'array'
          : 'unknown'
