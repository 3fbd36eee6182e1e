import { describeValue } from '../config/parse.js'
import { messageOf, type TidewaterError } from '../errors.js'
import { schemaInvalid } from './check-definition.js'
import type { FieldDefinition, RecordDefinition } from './definition.js'

/**
 * The error for a definition that fails to compile. avsc names neither the field nor its record when a default doesn't
 * fit, so each default is tried alone; this runs only once something has failed.
 */
export function compileFailure(
  definition: RecordDefinition,
  compile: (definition: RecordDefinition) => unknown,
  failure: unknown,
): TidewaterError {
  const defaults = fieldsWithDefault(definition)
  for (const index of defaults.keys()) {
    const copy = structuredClone(definition)
    const fields = fieldsWithDefault(copy)
    for (const [other, { field }] of fields.entries()) if (other !== index) delete field.default
    try {
      compile(copy)
    } catch (cause) {
      const { path, field } = defaults[index] as FoundField
      return schemaInvalid(
        path,
        `the default ${describeValue(field.default)} doesn't fit: ${messageOf(cause)}`,
        cause,
      )
    }
  }
  return schemaInvalid('', messageOf(failure), failure)
}

interface FoundField {
  readonly path: string
  readonly field: { -readonly [Key in keyof FieldDefinition]: FieldDefinition[Key] }
}

function fieldsWithDefault(definition: unknown, path = ''): FoundField[] {
  if (Array.isArray(definition)) return definition.flatMap((branch) => fieldsWithDefault(branch, path))
  if (typeof definition !== 'object' || definition === null) return []
  const { type, fields, items, values } = definition as Record<string, unknown>
  if (type === 'array') return fieldsWithDefault(items, path)
  if (type === 'map') return fieldsWithDefault(values, path)
  if (type !== 'record') return []
  return (fields as FoundField['field'][]).flatMap((field) => {
    const fieldPath = path === '' ? field.name : `${path}.${field.name}`
    const own = field.default === undefined ? [] : [{ path: fieldPath, field }]
    return [...own, ...fieldsWithDefault(field.type, fieldPath)]
  })
}
