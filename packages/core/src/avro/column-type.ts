/** One type in both spellings: Spark SQL's `catalogString` and the Iceberg specification's. */
export interface ColumnType {
  readonly spark: string
  readonly iceberg: string
}

export interface StructField {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
}

export interface StructType extends ColumnType {
  readonly fields: readonly StructField[]
}

export function structOf(fields: readonly StructField[]): StructType {
  return {
    fields,
    spark: `struct<${fields.map(({ name, type }) => `${name}:${type.spark}`).join(',')}>`,
    iceberg: `struct<${fields.map(({ name, type }) => `${name}: ${type.iceberg}`).join(', ')}>`,
  }
}

/** Spark's form of a union of several types: one of the members is set, the others are null. */
export function nullableStruct(members: readonly ColumnType[]): StructType {
  return structOf(members.map((type, index) => ({ name: `member${index}`, type, nullable: true })))
}
