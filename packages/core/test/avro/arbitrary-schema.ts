import fc from 'fast-check'

/** A random type before its named parts have names. */
export interface TypeNode {
  readonly avro: string
  readonly logical?: string
  readonly children: readonly TypeNode[]
}

export type Kind = 'null' | 'boolean' | 'number' | 'bigint' | 'string' | 'bytes' | 'date' | 'array' | 'object'

/** One random schema: its definition, records of it, and the kinds of value that each field takes. */
export interface SchemaSample {
  readonly definition: { type: 'record'; name: string; fields: { name: string; type: unknown }[] }
  readonly record: fc.Arbitrary<Record<string, unknown>>
  readonly kinds: ReadonlyMap<string, ReadonlySet<Kind>>
}

const leaf = (avro: string, logical?: string): TypeNode => ({
  avro,
  children: [],
  ...(logical === undefined ? {} : { logical }),
})

const plainLeaves = ['boolean', 'int', 'long', 'float', 'double', 'string'].map((name) => leaf(name))
const convertedLeaves = [
  ...['bytes', 'enum', 'fixed'].map((name) => leaf(name)),
  leaf('int', 'date'),
  leaf('int', 'time-millis'),
  leaf('long', 'time-micros'),
  leaf('long', 'timestamp-millis'),
  leaf('long', 'timestamp-micros'),
  leaf('long', 'local-timestamp-millis'),
  leaf('string', 'uuid'),
  leaf('bytes', 'decimal'),
  leaf('fixed', 'decimal'),
  leaf('fixed', 'duration'),
]

function nodes(leaves: readonly TypeNode[], containers: readonly string[]): fc.Arbitrary<TypeNode> {
  return fc.letrec<{ node: TypeNode; inner: TypeNode; union: TypeNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(...leaves),
      tie('inner'),
      tie('union'),
    ),
    inner: fc
      .constantFrom(...containers)
      .chain((avro) =>
        fc
          .array(tie('node'), { minLength: 1, maxLength: avro === 'record' ? 3 : 1 })
          .map((children) => ({ avro, children })),
      ),
    union: fc
      .uniqueArray(fc.oneof(fc.constant(leaf('null')), fc.constantFrom(...leaves), tie('inner')), {
        minLength: 1,
        maxLength: 4,
        // Avro allows several of a kind for named types only.
        selector: (branch) => (['record', 'enum', 'fixed'].includes(branch.avro) ? branch : branch.avro),
      })
      .map((children) => ({ avro: 'union', children })),
  })).node
}

/** Schemas of every type, and schemas that avsc encodes without conversion. */
export const anySchema = schemas(nodes([...plainLeaves, ...convertedLeaves], ['record', 'array', 'map']))
export const plainSchema = schemas(nodes(plainLeaves, ['record', 'array']), hasOnlyPlainUnions)

function schemas(node: fc.Arbitrary<TypeNode>, keep: (root: TypeNode) => boolean = () => true) {
  return fc
    .array(node, { minLength: 1, maxLength: 5 })
    .map((children): TypeNode => ({ avro: 'record', children }))
    .filter(keep)
    .map((root) => {
      const named = nameAll(root)
      return {
        definition: named.definition as SchemaSample['definition'],
        record: named.value as SchemaSample['record'],
        kinds: new Map(named.children.map((child, index) => [`f${index}`, child.kinds])),
      } satisfies SchemaSample
    })
}

function hasOnlyPlainUnions(node: TypeNode): boolean {
  const kinds = node.children.map((child) => kindOf(child))
  const isPlain = node.avro !== 'union' || new Set(kinds).size === kinds.length
  return isPlain && node.children.every(hasOnlyPlainUnions)
}

interface NamedNode {
  readonly definition: unknown
  readonly branchName: string
  readonly value: fc.Arbitrary<unknown>
  readonly kinds: ReadonlySet<Kind>
  readonly children: readonly NamedNode[]
}

function nameAll(root: TypeNode): NamedNode {
  let count = 0
  const build = (node: TypeNode): NamedNode => {
    const name = `n${count++}`
    const children = node.children.map(build)
    const definition = definitionOf(node, name, children)
    const isNamed = ['record', 'enum', 'fixed'].includes(node.avro)
    const isTagged =
      node.avro === 'union' && !hasOnlyPlainUnions({ ...node, children: node.children.map(childless) })
    return {
      definition,
      branchName: isNamed ? name : node.avro,
      value: node.avro === 'union' ? unionValue(children, isTagged) : valuesOf(node, children),
      kinds: node.avro === 'union' ? unionKinds(node, isTagged) : new Set([kindOf(node)]),
      children,
    }
  }
  return build(root)
}

const childless = ({ avro, logical }: TypeNode): TypeNode => leaf(avro, logical)

function definitionOf({ avro, logical }: TypeNode, name: string, children: readonly NamedNode[]): unknown {
  const type = logical === undefined ? { type: avro } : { type: avro, logicalType: logical }
  const decimal = logical === 'decimal' ? { precision: 18, scale: 4 } : {}
  switch (avro) {
    case 'record':
      return {
        ...type,
        name,
        fields: children.map((child, index) => ({ name: `f${index}`, type: child.definition })),
      }
    case 'array':
      return { ...type, items: children[0]?.definition }
    case 'map':
      return { ...type, values: children[0]?.definition }
    case 'union':
      return children.map((child) => child.definition)
    case 'enum':
      return { ...type, name, symbols: ['LOW', 'HIGH', 'OTHER'] }
    case 'fixed':
      return { ...type, ...decimal, name, size: logical === 'duration' ? 12 : 8 }
    default:
      return logical === undefined ? avro : { ...type, ...decimal }
  }
}

function kindOf({ avro, logical }: TypeNode): Kind {
  if (logical === 'timestamp-millis') return 'date'
  if (logical === 'timestamp-micros') return 'bigint'
  if (logical === 'date' || logical === 'uuid' || logical === 'decimal') return 'string'
  if (logical === 'duration' || avro === 'record' || avro === 'map') return 'object'
  if (avro === 'fixed') return 'bytes'
  if (avro === 'enum') return 'string'
  return ['int', 'long', 'float', 'double'].includes(avro) ? 'number' : (avro as Kind)
}

function unionKinds(node: TypeNode, isTagged: boolean): ReadonlySet<Kind> {
  return new Set(node.children.map((child) => (isTagged && child.avro !== 'null' ? 'object' : kindOf(child))))
}

function unionValue(children: readonly NamedNode[], isTagged: boolean): fc.Arbitrary<unknown> {
  return fc.oneof(
    ...children.map(({ branchName, value }) =>
      isTagged && branchName !== 'null' ? value.map((inner) => ({ [branchName]: inner })) : value,
    ),
  )
}

const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array))
const unsigned32 = fc.nat(0xffff_ffff)
// Avro has no negative zero for integers.
const safeLong = fc.maxSafeInteger().filter((value) => !Object.is(value, -0))
const text = fc.string({ unit: 'binary', maxLength: 80 })
const decimal = fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }).map((unscaled) => {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(5, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`
})

function valuesOf({ avro, logical }: TypeNode, children: readonly NamedNode[]): fc.Arbitrary<unknown> {
  const first = children[0]?.value ?? fc.constant(null)
  switch (logical ?? avro) {
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.integer()
    case 'long':
    case 'local-timestamp-millis':
      return safeLong
    case 'float':
      return fc.float()
    case 'double':
      return fc.double()
    case 'string':
      return text
    case 'bytes':
      return bytes(0, 40)
    case 'enum':
      return fc.constantFrom('LOW', 'HIGH', 'OTHER')
    case 'fixed':
      return bytes(8, 8)
    case 'date':
      return fc
        .integer({ min: -719_528, max: 2_932_896 })
        .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10))
    case 'time-millis':
      return fc.nat(86_399_999)
    case 'time-micros':
      return fc.nat(86_399_999_999)
    case 'timestamp-millis':
      return fc.date({ noInvalidDate: true })
    case 'timestamp-micros':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'uuid':
      return fc.uuid()
    case 'decimal':
      return decimal
    case 'duration':
      return fc.record({ months: unsigned32, days: unsigned32, milliseconds: unsigned32 })
    case 'record':
      return fc.record(Object.fromEntries(children.map((child, index) => [`f${index}`, child.value])))
    case 'array':
      return fc.array(first, { maxLength: 4 })
    case 'map':
      return fc
        .array(fc.tuple(text, first), { maxLength: 4 })
        .map((entries) => Object.fromEntries(entries.filter(([key]) => key !== '__proto__')))
    default:
      return fc.constant(null)
  }
}
