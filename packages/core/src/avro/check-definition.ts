import { describeValue } from '../config/parse.js'
import { TidewaterError } from '../errors.js'
import {
  type AvroDefinition,
  type ComplexDefinition,
  type FieldDefinition,
  isPrimitiveName,
  type RecordDefinition,
} from './definition.js'
import { readLogicalType } from './logical.js'
import { fullNameOf, isValidFullName, isValidSimpleName, namespaceOf } from './names.js'

/**
 * Finds what is wrong with a definition and says where, which avsc's own messages don't. What avsc takes and other Avro
 * implementations don't is refused as well, since Spark has to read the same schema.
 *
 * @throws TidewaterError `SCHEMA_INVALID` with `details.path`, the fields that lead to the problem.
 */
export function checkDefinition(definition: unknown): asserts definition is RecordDefinition {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition))
    throw schemaInvalid('', `an Avro schema here is a record definition, got ${describeValue(definition)}`)
  const { type } = definition as { type?: unknown }
  if (type !== 'record')
    throw schemaInvalid('', `the top-level type must be "record", got ${describeValue(type)}`)
  checkType(definition, { path: '', namespace: '', defined: new Set() })
}

export function schemaInvalid(path: string, problem: string, cause?: unknown): TidewaterError {
  return new TidewaterError('SCHEMA_INVALID', `Invalid Avro schema: ${path || '(root)'}: ${problem}`, {
    remedy: 'Correct the schema; the rules are in the Avro specification 1.11, "Schema Declaration".',
    details: { path, problem },
    ...(cause === undefined ? {} : { cause }),
  })
}

interface Place {
  readonly path: string
  readonly namespace: string
  /** Full names met so far: Avro requires a definition before its uses, in depth-first order. */
  readonly defined: Set<string>
}

function checkType(definition: unknown, place: Place): void {
  if (typeof definition === 'string') checkReference(definition, place)
  else if (Array.isArray(definition)) checkUnion(definition, place)
  else if (typeof definition === 'object' && definition !== null)
    checkComplex(definition as ComplexDefinition, place)
  else
    throw schemaInvalid(
      place.path,
      `a type is a name, a union or an object, got ${describeValue(definition)}`,
    )
}

function checkComplex(definition: ComplexDefinition, place: Place): void {
  const logical = readLogicalType(definition)
  if (logical !== undefined && 'problem' in logical) throw schemaInvalid(place.path, logical.problem)
  switch (definition.type) {
    case 'record':
      checkRecord(definition, place)
      break
    case 'enum':
      checkEnum(definition, place)
      break
    case 'fixed':
      checkFixed(definition, place)
      break
    case 'array':
      checkType(definition.items, { ...place, path: join(place.path, 'items') })
      break
    case 'map':
      checkType(definition.values, { ...place, path: join(place.path, 'values') })
      break
    default:
      if (!isPrimitiveName(definition.type))
        throw schemaInvalid(place.path, `unknown type ${describeValue(definition.type)}`)
  }
}

function checkReference(name: string, { path, namespace, defined }: Place): void {
  if (isPrimitiveName(name) || defined.has(fullNameOf(name, namespace))) return
  const known = defined.size === 0 ? 'none' : [...defined].join(', ')
  throw schemaInvalid(path, `unknown type ${describeValue(name)} (named types defined before it: ${known})`)
}

function checkUnion(branches: readonly AvroDefinition[], place: Place): void {
  if (branches.length === 0) throw schemaInvalid(place.path, 'a union needs at least one type')
  const seen = new Set<string>()
  for (const branch of branches) {
    if (Array.isArray(branch)) throw schemaInvalid(place.path, 'a union may not directly contain a union')
    checkType(branch, place)
    const key = branchKey(branch, place.namespace)
    if (seen.has(key)) throw schemaInvalid(place.path, `the union contains ${key} twice`)
    seen.add(key)
  }
}

function branchKey(branch: AvroDefinition, namespace: string): string {
  if (typeof branch === 'string') return isPrimitiveName(branch) ? branch : fullNameOf(branch, namespace)
  const { name, type, namespace: declared } = branch as ComplexDefinition
  const isNamed = type === 'record' || type === 'enum' || type === 'fixed'
  return isNamed ? fullNameOf(String(name), namespace, declared as string | undefined) : type
}

function checkRecord(definition: ComplexDefinition, place: Place): void {
  const fullName = defineName(definition, place)
  const { fields } = definition
  if (!Array.isArray(fields)) throw schemaInvalid(place.path, `record ${fullName} needs an array of fields`)
  const seen = new Set<string>()
  for (const field of fields as readonly Partial<FieldDefinition>[]) {
    const name = field?.name
    if (typeof name !== 'string' || !isValidSimpleName(name))
      throw schemaInvalid(place.path, `invalid field name ${describeValue(name)} in record ${fullName}`)
    // Assigning it would replace the decoded record's prototype instead of adding a field.
    if (name === '__proto__') throw schemaInvalid(place.path, `a field can't be called __proto__`)
    if (seen.has(name)) throw schemaInvalid(place.path, `record ${fullName} has the field ${name} twice`)
    seen.add(name)
    checkType(field.type, { ...place, path: join(place.path, name), namespace: namespaceOf(fullName) })
  }
}

function checkEnum(definition: ComplexDefinition, place: Place): void {
  const fullName = defineName(definition, place)
  const { symbols } = definition
  if (!Array.isArray(symbols) || symbols.length === 0)
    throw schemaInvalid(place.path, `enum ${fullName} needs at least one symbol`)
  for (const symbol of symbols)
    if (typeof symbol !== 'string' || !isValidSimpleName(symbol))
      throw schemaInvalid(place.path, `invalid symbol ${describeValue(symbol)} in enum ${fullName}`)
  for (const symbol of symbols) refuseInherited(symbol, `the symbol ${symbol} of enum ${fullName}`, place)
  if (new Set(symbols).size < symbols.length)
    throw schemaInvalid(place.path, `enum ${fullName} has the same symbol twice`)
  if (definition.default !== undefined && !symbols.includes(definition.default))
    throw schemaInvalid(
      place.path,
      `the default ${describeValue(definition.default)} is no symbol of enum ${fullName}`,
    )
}

function checkFixed(definition: ComplexDefinition, place: Place): void {
  const fullName = defineName(definition, place)
  const { size } = definition
  if (!Number.isInteger(size) || (size as number) < 1 || (size as number) > 0x7fff_ffff)
    throw schemaInvalid(
      place.path,
      `fixed ${fullName} needs a size from 1 to 2147483647, got ${describeValue(size)}`,
    )
}

function defineName({ type, name, namespace }: ComplexDefinition, place: Place): string {
  if (typeof name !== 'string')
    throw schemaInvalid(place.path, `a ${type} needs a name, got ${describeValue(name)}`)
  if (namespace !== undefined && typeof namespace !== 'string')
    throw schemaInvalid(
      place.path,
      `the namespace of ${name} must be a string, got ${describeValue(namespace)}`,
    )
  // Avro ignores the namespace of a dotted name, avsc gives it to the names inside: no schema needs both.
  if (name.includes('.') && namespace !== undefined)
    throw schemaInvalid(place.path, `${name} is a full name, leave out its namespace ${namespace}`)
  const fullName = fullNameOf(name, place.namespace, namespace)
  if (!isValidFullName(fullName)) throw schemaInvalid(place.path, `invalid name ${describeValue(fullName)}`)
  if (isPrimitiveName(fullName.slice(fullName.lastIndexOf('.') + 1)))
    throw schemaInvalid(place.path, `${fullName} takes the name of a primitive type`)
  refuseInherited(fullName, `the type name ${fullName}`, place)
  if (place.defined.has(fullName)) throw schemaInvalid(place.path, `${fullName} is defined twice`)
  place.defined.add(fullName)
  return fullName
}

/** avsc keeps names in object literals, where "toString" and the like are always taken. */
function refuseInherited(name: string, what: string, { path }: Place): void {
  if (name in Object.prototype)
    throw schemaInvalid(path, `${what} can't be used: every JavaScript object has a property of that name`)
}

function join(path: string, step: string): string {
  return path === '' ? step : `${path}.${step}`
}
