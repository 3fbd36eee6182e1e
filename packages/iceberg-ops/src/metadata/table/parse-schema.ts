import { describeValue } from '@tidewater/core'
import { damaged } from '../damage.js'
import type { JsonFields } from './json-fields.js'
import type {
  ColumnType,
  PartitionField,
  PartitionSpec,
  SchemaField,
  SortOrder,
  TableSchema,
} from './model.js'

/** Iceberg specification, "Appendix C: JSON serialization". A version 1 schema may have no id: it is 0. */
export function parseSchema(fields: JsonFields): TableSchema {
  return {
    schemaId: fields.has('schema-id') ? fields.integer('schema-id') : 0,
    fields: fields.objects('fields', parseField),
    identifierFieldIds: fields.has('identifier-field-ids') ? fields.integers('identifier-field-ids') : [],
  }
}

function parseField(fields: JsonFields): SchemaField {
  return {
    id: fields.integer('id'),
    name: fields.string('name'),
    required: fields.boolean('required'),
    type: parseType(fields, 'type'),
  }
}

function parseType(owner: JsonFields, name: string): ColumnType {
  const raw = owner.raw(name)
  if (typeof raw === 'string') return raw
  const fields = owner.object(name)
  const type = fields.string('type')
  switch (type) {
    case 'struct':
      return { type, fields: fields.objects('fields', parseField) }
    case 'list':
      return {
        type,
        elementId: fields.integer('element-id'),
        elementRequired: fields.boolean('element-required'),
        element: parseType(fields, 'element'),
      }
    case 'map':
      return {
        type,
        keyId: fields.integer('key-id'),
        key: parseType(fields, 'key'),
        valueId: fields.integer('value-id'),
        valueRequired: fields.boolean('value-required'),
        value: parseType(fields, 'value'),
      }
    default:
      throw damaged('field', `a column's type is ${describeValue(type)}, not struct, list or map`)
  }
}

export function parseSpec(fields: JsonFields): PartitionSpec {
  return {
    specId: fields.integer('spec-id'),
    fields: parsePartitionFields(fields, 'fields'),
  }
}

// Version 1 left the fields' ids out; they count from here (Iceberg specification, "Partition Specs").
const firstPartitionFieldId = 1000

export function parsePartitionFields(fields: JsonFields, name: string): PartitionField[] {
  let next = firstPartitionFieldId
  return fields.objects(name, (field) => ({
    sourceIds: sourceIdsOf(field),
    fieldId: field.has('field-id') ? field.integer('field-id') : next++,
    name: field.string('name'),
    transform: field.string('transform'),
  }))
}

export function parseSortOrder(fields: JsonFields): SortOrder {
  return {
    orderId: fields.integer('order-id'),
    fields: fields.objects('fields', (field) => ({
      sourceIds: sourceIdsOf(field),
      transform: field.string('transform'),
      direction: field.string('direction'),
      nullOrder: field.string('null-order'),
    })),
  }
}

/** Version 3 writes `source-ids` for a transform of several columns, and `source-id` for one. */
function sourceIdsOf(field: JsonFields): number[] {
  return field.has('source-ids') ? field.integers('source-ids') : [field.integer('source-id')]
}
