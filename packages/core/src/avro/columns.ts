import { TidewaterError } from '../errors.js'
import { type ColumnType, nullableStruct, type StructType, structOf } from './column-type.js'
import type { AvroDefinition, ComplexDefinition, FieldDefinition, RecordDefinition } from './definition.js'
import { isPrimitiveName, type PrimitiveName } from './definition.js'
import { type LogicalType, readLogicalType } from './logical.js'
import { fullNameOf, namespaceOf } from './names.js'
import type { CheckedSchema } from './schema.js'

/** One top-level column of the table that holds a schema's records. */
export interface IcebergColumn {
  readonly name: string
  /** Spark SQL's type, as `DataType.catalogString` writes it: `array<struct<a:int,b:string>>`. */
  readonly type: string
  /** The type Iceberg stores when Spark creates the table: `list<struct<a: int, b: string>>`. */
  readonly icebergType: string
  /** Whether Avro never has a null here. Fields inside a struct, list or map are nullable in the table whatever Avro says. */
  readonly required: boolean
  readonly doc?: string
}

/**
 * The table columns for a schema's records, as Spark 3.5's `from_avro` types them (`SchemaConverters.toSqlType`), so that
 * a table can be created before the first record is decoded.
 *
 * What isn't obvious: enum and uuid are `string`; fixed is `binary`; time-millis is `int` and time-micros `bigint`; both
 * timestamps are `timestamp` (Iceberg's `timestamptz`) and both local ones `timestamp_ntz` (Iceberg's `timestamp`); a
 * union of int and long is `bigint`, of float and double `double`, and any other with several types a struct of
 * `member0`, `member1`, …, all nullable.
 *
 * @throws TidewaterError `SCHEMA_INVALID` for what no table can hold: a recursive type, a field of type null, a record
 * without fields, two fields whose names differ in case only (Spark's column names ignore case).
 */
export function icebergColumns(schema: CheckedSchema): readonly IcebergColumn[] {
  const { definition } = schema
  const root = new Converter().record(definition, { path: '', namespace: '', inside: [] })
  return root.type.fields.map((field, index) => {
    const { doc } = definition.fields[index] as FieldDefinition
    return {
      name: field.name,
      type: field.type.spark,
      icebergType: field.type.iceberg,
      required: !field.nullable,
      ...(doc === undefined ? {} : { doc }),
    }
  })
}

interface Converted {
  readonly type: ColumnType
  readonly nullable: boolean
}

interface Place {
  readonly path: string
  readonly namespace: string
  /** Full names of the records that this one is nested in. */
  readonly inside: readonly string[]
}

interface Named {
  readonly definition: ComplexDefinition
  /** The namespace its definition stands in, which a reference from elsewhere doesn't change. */
  readonly namespace: string
}

class Converter {
  private readonly named = new Map<string, Named>()

  convert(definition: AvroDefinition, place: Place): Converted {
    if (typeof definition === 'string') return this.reference(definition, place)
    if (Array.isArray(definition)) return this.union(definition as readonly AvroDefinition[], place)
    const complex = definition as ComplexDefinition
    refuseSparkOnly(complex, place.path)
    const logical = readLogicalType(complex)
    if (logical !== undefined && 'name' in logical) this.remember(complex, place)
    const logicalColumn = logical !== undefined && 'name' in logical ? columnOfLogical(logical) : undefined
    return logicalColumn === undefined ? this.complex(complex, place) : required(logicalColumn)
  }

  private complex(definition: ComplexDefinition, place: Place): Converted {
    switch (definition.type) {
      case 'record':
        return this.record(definition as RecordDefinition, place)
      case 'array': {
        const items = this.convert(definition.items as AvroDefinition, under(place, 'items'))
        return required({ spark: `array<${items.type.spark}>`, iceberg: `list<${items.type.iceberg}>` })
      }
      case 'map': {
        const values = this.convert(definition.values as AvroDefinition, under(place, 'values'))
        return required({
          spark: `map<string,${values.type.spark}>`,
          iceberg: `map<string, ${values.type.iceberg}>`,
        })
      }
      case 'enum':
      case 'fixed':
        this.remember(definition, place)
        return required(definition.type === 'enum' ? primitives.string : primitives.bytes)
      default:
        return this.primitive(definition.type as PrimitiveName, place)
    }
  }

  private primitive(name: PrimitiveName, place: Place): Converted {
    if (name === 'null') throw noColumn(place.path, 'a value that is always null has no column type')
    return required(primitives[name])
  }

  private reference(name: string, place: Place): Converted {
    if (isPrimitiveName(name)) return this.primitive(name, place)
    const fullName = fullNameOf(name, place.namespace)
    const found = this.named.get(fullName)
    if (found === undefined)
      throw new TidewaterError('INTERNAL', `Avro type ${fullName} passed the check undefined`)
    return this.convert(found.definition, { ...place, namespace: found.namespace })
  }

  record(definition: RecordDefinition, place: Place): { type: StructType; nullable: false } {
    const fullName = this.remember(definition, place)
    if (place.inside.includes(fullName)) throw noColumn(place.path, `${fullName} contains itself`)
    if (definition.fields.length === 0) throw noColumn(place.path, `record ${fullName} has no fields`)
    const inside = [...place.inside, fullName]
    const namespace = namespaceOf(fullName)
    refuseSameNames(definition, place.path)
    const fields = definition.fields.map((field) => ({
      name: field.name,
      ...this.convert(field.type, { path: under(place, field.name).path, namespace, inside }),
    }))
    return { type: structOf(fields), nullable: false }
  }

  private union(branches: readonly AvroDefinition[], place: Place): Converted {
    const present = branches.filter((branch) => typeNameOf(branch) !== 'null')
    const nullable = present.length < branches.length
    if (present.length === 0) throw noColumn(place.path, 'a union of null alone has no column type')
    if (present.length === 1) {
      const { type } = this.convert(present[0] as AvroDefinition, place)
      return { type, nullable }
    }
    const numbers = present.map(typeNameOf).sort().join(' ')
    if (numbers === 'int long') return { type: primitives.long, nullable }
    if (numbers === 'double float') return { type: primitives.double, nullable }
    const members = present.map((branch, index) => this.convert(branch, under(place, `member${index}`)).type)
    return { type: nullableStruct(members), nullable }
  }

  private remember(definition: ComplexDefinition, { namespace }: Place): string {
    if (typeof definition.name !== 'string') return ''
    const fullName = fullNameOf(definition.name, namespace, definition.namespace as string | undefined)
    this.named.set(fullName, { definition, namespace })
    return fullName
  }
}

const primitives = {
  boolean: { spark: 'boolean', iceberg: 'boolean' },
  int: { spark: 'int', iceberg: 'int' },
  long: { spark: 'bigint', iceberg: 'long' },
  float: { spark: 'float', iceberg: 'float' },
  double: { spark: 'double', iceberg: 'double' },
  bytes: { spark: 'binary', iceberg: 'binary' },
  string: { spark: 'string', iceberg: 'string' },
} as const

/** Undefined where Spark sees the underlying type. */
function columnOfLogical(logical: LogicalType): ColumnType | undefined {
  switch (logical.name) {
    case 'decimal':
      return {
        spark: `decimal(${logical.precision},${logical.scale})`,
        iceberg: `decimal(${logical.precision}, ${logical.scale})`,
      }
    case 'date':
      return { spark: 'date', iceberg: 'date' }
    case 'timestamp-millis':
    case 'timestamp-micros':
      return { spark: 'timestamp', iceberg: 'timestamptz' }
    case 'local-timestamp-millis':
    case 'local-timestamp-micros':
      return { spark: 'timestamp_ntz', iceberg: 'timestamp' }
    default:
      return undefined
  }
}

function typeNameOf(definition: AvroDefinition): string {
  return typeof definition === 'string' ? definition : String((definition as ComplexDefinition).type)
}

/** Attributes that Spark's own Avro writer leaves behind: they turn a number into an interval or a decimal. */
function refuseSparkOnly(definition: ComplexDefinition, path: string): void {
  const attribute = 'spark.sql.catalyst.type'
  if (definition[attribute] !== undefined)
    throw noColumn(path, `the attribute ${attribute} changes the type in Spark and nowhere else`)
  if (definition.logicalType === 'custom-decimal')
    throw noColumn(path, "logicalType custom-decimal is Spark's own, use decimal")
}

function refuseSameNames({ fields }: RecordDefinition, path: string): void {
  const seen = new Map<string, string>()
  for (const { name } of fields) {
    const other = seen.get(name.toLowerCase())
    if (other !== undefined) throw noColumn(path, `the fields ${other} and ${name} differ in case only`)
    seen.set(name.toLowerCase(), name)
  }
}

function required(type: ColumnType): Converted {
  return { type, nullable: false }
}

function under(place: Place, step: string): Place {
  return { ...place, path: place.path === '' ? step : `${place.path}.${step}` }
}

function noColumn(path: string, problem: string): TidewaterError {
  return new TidewaterError('SCHEMA_INVALID', `No table column for ${path || 'the record'}: ${problem}`, {
    remedy: 'Change that part of the schema, or leave it out of the records meant for a table.',
    details: { path, problem },
  })
}
