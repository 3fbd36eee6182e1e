import type { ByteCursor } from '../avro/cursor.js'
import { type AvroValue, valueReader } from '../avro/read.js'
import type { AvroRecord, AvroType } from '../avro/schema.js'
import { compileSkip } from '../avro/skip.js'
import { damaged } from '../damage.js'
import type { PartitionSpec } from '../table/model.js'
import { type PartitionValue, partitionName } from './partition-name.js'

/** A partition: one object for all of a scan's files in it, so that `===` compares partitions and `index` finds them. */
export interface Partition {
  /** Counts a scan's partitions from 0 in the order they are met: an index into an aggregator's arrays. */
  readonly index: number
  /** Partitions of different specs are different partitions. */
  readonly specId: number
  /** In the order of the spec's fields; a long beyond 2^53 is a bigint, bytes are the column's own encoding. */
  readonly values: readonly PartitionValue[]
  /** As in the paths that Iceberg writes: `day=2026-01-31/region=eu`; empty for an unpartitioned spec. */
  readonly name: string
}

interface Slot {
  readonly bytes: Buffer
  readonly partition: Partition
  readonly next: Slot | undefined
}

/**
 * Turns encoded partition tuples into {@link Partition}s. A tuple is decoded once for each different encoding; after that
 * its bytes are compared, which allocates nothing.
 */
export class Partitions {
  readonly #specs: ReadonlyMap<number, PartitionSpec>
  readonly #byValues = new Map<string, Partition>()
  readonly #interns = new Map<string, (cursor: ByteCursor) => Partition>()

  constructor(specs: readonly PartitionSpec[]) {
    this.#specs = new Map(specs.map((spec) => [spec.specId, spec]))
  }

  /** How many there are: the indexes run up to here. */
  get count(): number {
    return this.#byValues.size
  }

  /**
   * @returns what reads a tuple of manifests with this spec and this schema of the tuple
   * @throws TidewaterError `METADATA_CORRUPT` for a spec that the table doesn't have
   */
  reader(specId: number, schema: AvroRecord): (cursor: ByteCursor) => Partition {
    const spec = this.#specs.get(specId)
    if (spec === undefined) {
      const known = [...this.#specs.keys()].join(', ')
      throw damaged('field', `the partition spec is ${specId}; the table has ${known}`, { specId })
    }
    for (const { name, type } of schema.fields) requirePrimitive(name, type)
    const key = JSON.stringify([specId, schema])
    let intern = this.#interns.get(key)
    if (intern === undefined) {
      intern = this.#compile(spec, schema)
      this.#interns.set(key, intern)
    }
    return intern
  }

  #compile(spec: PartitionSpec, schema: AvroRecord): (cursor: ByteCursor) => Partition {
    const skip = compileSkip(schema)
    const read = valueReader(schema)
    const slots = new Map<number, Slot>()
    const types = spec.fields.map(({ fieldId }) => schema.fields.find(({ id }) => id === fieldId))
    const names = types.map((field) => field?.name)
    let last: Slot | undefined
    const makePartition = (cursor: ByteCursor): Partition => {
      const record = read(cursor) as { readonly [field: string]: AvroValue }
      const values = names.map((name) => (name === undefined ? null : record[name])) as PartitionValue[]
      return this.#partitionOf(spec, values, () =>
        partitionName(
          spec.fields.map((field, at) => ({ ...field, type: types[at]?.type })),
          values,
        ),
      )
    }
    return (cursor) => {
      const begin = cursor.position
      skip(cursor)
      const end = cursor.position
      // Entries of a partition stand together in most manifests.
      if (last !== undefined && isEncodedAs(last, cursor.bytes, begin, end)) return last.partition
      const hash = hashOf(cursor.bytes, begin, end)
      for (let slot = slots.get(hash); slot !== undefined; slot = slot.next) {
        if (!isEncodedAs(slot, cursor.bytes, begin, end)) continue
        last = slot
        return slot.partition
      }
      cursor.position = begin
      const partition = makePartition(cursor)
      last = { bytes: Buffer.from(cursor.bytes.subarray(begin, end)), partition, next: slots.get(hash) }
      slots.set(hash, last)
      return partition
    }
  }

  /** Writers encode a tuple in different ways, by the order of a union or an int that became a long. */
  #partitionOf(spec: PartitionSpec, values: readonly PartitionValue[], nameOf: () => string): Partition {
    const key = JSON.stringify([spec.specId, ...values.map(keyOf)])
    const known = this.#byValues.get(key)
    if (known !== undefined) return known
    let name: string | undefined
    const partition: Partition = {
      index: this.#byValues.size,
      specId: spec.specId,
      values,
      get name() {
        name ??= nameOf()
        return name
      },
    }
    this.#byValues.set(key, partition)
    return partition
  }
}

function requirePrimitive(name: string, type: AvroType): void {
  if (type.kind === 'union') {
    for (const branch of type.branches) requirePrimitive(name, branch)
  } else if (['record', 'array', 'map', 'enum'].includes(type.kind)) {
    throw damaged('schema', `partition field ${name} is ${type.kind}, not a primitive`, { field: name })
  }
}

function keyOf(value: PartitionValue): string | null {
  if (value === null) return null
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('hex')}`
  return typeof value === 'string' ? `s${value}` : String(value)
}

function isEncodedAs({ bytes }: Slot, other: Buffer, begin: number, end: number): boolean {
  if (end - begin !== bytes.length) return false
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== other[begin + at]) return false
  return true
}

/** FNV-1a. */
function hashOf(bytes: Buffer, begin: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = begin; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
  return hash
}
