import type { Type } from 'avsc'
import { compileFailure } from './check-defaults.js'
import { checkDefinition } from './check-definition.js'
import { compileType, compileWriterType, type LongRepresentation } from './compile.js'
import type { RecordDefinition } from './definition.js'
import type { InferAvro, InferAvroInput } from './infer.js'

declare const recordTypes: unique symbol

/** What a checked schema is at run time. */
export interface CheckedSchema<Definition = RecordDefinition> {
  /** The schema as it was given; `JSON.stringify(definition)` is what `from_avro` and a registry take. */
  readonly definition: Definition
  /** The record's full name, with its namespace. */
  readonly name: string
  /** SHA-256 of the Parsing Canonical Form (Avro specification 1.11), 64 hexadecimal digits. */
  readonly fingerprint: string
  readonly longs: LongRepresentation
}

/**
 * A checked Avro schema that carries the TypeScript types of its records.
 *
 * `Output` is what decoding gives, `Input` what encoding takes: the same, but for fields with a default, which may be
 * left out, and arrays, which may be readonly. Take them out with {@link RecordOf} and {@link RecordInputOf}.
 */
export interface AvroSchema<Output = unknown, Input = Output, Definition = RecordDefinition>
  extends CheckedSchema<Definition> {
  /** Exists for the compiler alone. */
  readonly [recordTypes]?: { readonly output: Output; readonly input: (record: Input) => void }
}

export interface AvroSchemaOptions<Longs extends LongRepresentation = LongRepresentation> {
  /**
   * How `long` is represented. Default `'number'`: integers within ±(2^53 − 1), anything beyond is an error both ways,
   * never rounded. `'bigint'` takes and gives the whole 64-bit range and costs several times the time per field.
   */
  readonly longs?: Longs
}

/** The decoded record's type, from a schema value's type: `RecordOf<typeof netflow>`. */
export type RecordOf<Schema> = Schema extends AvroSchema<infer Output, never> ? Output : never

/** The type of a record to encode, from a schema value's type. */
export type RecordInputOf<Schema> = Schema extends AvroSchema<unknown, infer Input> ? Input : never

type LongOf<Longs> = Longs extends 'bigint' ? bigint : number

/**
 * Checks a record schema and infers the TypeScript type of its records from the literal; `as const` isn't needed for a
 * literal written in the call.
 *
 * | Avro | JavaScript |
 * |---|---|
 * | null, boolean, string | null, boolean, string |
 * | int, float, double | number (a float is rounded to 32 bits, as `Math.fround` does) |
 * | long | number within ±(2^53 − 1), or bigint: option `longs` |
 * | bytes, fixed | Uint8Array (decoding gives a Buffer) |
 * | enum | the union of its symbols |
 * | array, map, record | array, plain object, object |
 * | union | the branch's own value when the branches differ in kind, which is every nullable type; else `{ [branch name]: value }`, as in Avro's JSON encoding |
 * | date | string, `YYYY-MM-DD` |
 * | timestamp-millis | Date |
 * | timestamp-micros | bigint, microseconds since the epoch |
 * | local-timestamp-millis, local-timestamp-micros | number, bigint: since 1970-01-01T00:00 in no particular zone |
 * | time-millis, time-micros | number since midnight |
 * | decimal | string with exactly `scale` digits after the point; fewer are accepted |
 * | uuid | string, its letter case kept |
 * | duration | {@link AvroDuration} |
 *
 * The kinds a union tells apart: null, boolean, number, bigint, string (enum, date, decimal and uuid too), bytes, Date,
 * array, object (record, map and duration). An unknown logical type is ignored, as Avro requires; a known one that is
 * misused is refused.
 *
 * @throws TidewaterError `SCHEMA_INVALID` that names what is wrong and in which field.
 */
export function avroSchema<
  const Definition extends RecordDefinition,
  const Longs extends LongRepresentation = 'number',
>(
  definition: Definition,
  options: AvroSchemaOptions<Longs> = {},
): AvroSchema<InferAvro<Definition, LongOf<Longs>>, InferAvroInput<Definition, LongOf<Longs>>, Definition> {
  checkDefinition(definition)
  const longs = options.longs ?? 'number'
  const { name, fingerprint } = describeCanonicalForm(definition)
  const schema = Object.freeze({ definition, name, fingerprint, longs })
  compiledTypeOf(schema)
  return schema
}

function describeCanonicalForm(definition: RecordDefinition): { name: string; fingerprint: string } {
  const type = compileOrExplain(definition, compileWriterType)
  return { name: type.name as string, fingerprint: type.fingerprint('sha256').toString('hex') }
}

const compiledTypes = new WeakMap<object, Type>()

/** The avsc type behind a schema, built once for each schema object. */
export function compiledTypeOf(schema: CheckedSchema): Type {
  const known = compiledTypes.get(schema)
  if (known !== undefined) return known
  const type = compileOrExplain(schema.definition, (definition) => compileType(definition, schema.longs))
  compiledTypes.set(schema, type)
  return type
}

function compileOrExplain(
  definition: RecordDefinition,
  compile: (definition: RecordDefinition) => Type,
): Type {
  try {
    return compile(definition)
  } catch (failure) {
    throw compileFailure(definition, compile, failure)
  }
}
