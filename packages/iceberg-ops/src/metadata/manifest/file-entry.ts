import type { ByteCursor } from '../avro/cursor.js'
import {
  bigintReader,
  compileProjection,
  numberReader,
  type Read,
  type ReadField,
  repeatingStringReader,
  spanReader,
  valueReader,
} from '../avro/read.js'
import type { AvroField, AvroRecord, AvroType } from '../avro/schema.js'
import { damaged } from '../damage.js'
import type { ManifestFile } from './manifest-list.js'
import type { Partition } from './partition.js'

export type FileContent = 'data' | 'position-deletes' | 'equality-deletes'
export type FileStatus = 'existing' | 'added' | 'deleted'

/**
 * A file as a manifest states it (Iceberg specification, "Manifests"). One object shows all files of a manifest, one after
 * the other: what is to be kept has to be copied. Numbers are below 2^53; sizes are bytes.
 */
export interface FileEntry {
  readonly status: FileStatus
  readonly content: FileContent
  /** In lower case: `parquet`, `orc`, `avro`, or `puffin` for deletion vectors. */
  readonly format: string
  /** Decoded when it is read: leave it where it isn't needed. */
  readonly location: string
  readonly partition: Partition
  readonly recordCount: number
  /** Of the whole file, also when it is a puffin file with the deletion vectors of many data files. */
  readonly fileSizeBytes: number
  /** Snapshot that added the file, or deleted it. Inherited from the manifest where the entry has none. */
  readonly snapshotId: bigint | undefined
  /** Inherited likewise; 0 in version 1. Deletes apply to data of lower numbers, position deletes to equal ones too. */
  readonly sequenceNumber: number
  /** When the file itself was added. */
  readonly fileSequenceNumber: number
  /** Columns by which an equality-delete file deletes; empty for others. */
  readonly equalityIds: readonly number[]
  readonly sortOrderId: number | undefined
  /** The one data file that a delete file or deletion vector is for, where it says so. Decoded when it is read. */
  readonly referencedDataFile: string | undefined
  /** Where a deletion vector's blob lies in its puffin file. */
  readonly contentOffset: number | undefined
  readonly contentSizeBytes: number | undefined
  readonly isDeletionVector: boolean
}

const contents: readonly FileContent[] = ['data', 'position-deletes', 'equality-deletes']
const statuses: readonly FileStatus[] = ['existing', 'added', 'deleted']
const noIds: readonly number[] = []

/** The entry that all of a manifest's files are decoded into. */
export class DecodedEntry implements FileEntry {
  status: FileStatus = 'existing'
  content: FileContent = 'data'
  format = ''
  partition: Partition
  recordCount = 0
  fileSizeBytes = 0
  snapshotId: bigint | undefined
  sequenceNumber = 0
  fileSequenceNumber = 0
  equalityIds = noIds
  sortOrderId: number | undefined
  contentOffset: number | undefined
  contentSizeBytes: number | undefined
  /** Where the strings lie that are decoded on demand. */
  bytes: Buffer = Buffer.alloc(0)
  locationBegin = 0
  locationEnd = 0
  referencedBegin = 0
  referencedEnd = 0

  constructor(partition: Partition) {
    this.partition = partition
  }

  get location(): string {
    return this.bytes.toString('utf8', this.locationBegin, this.locationEnd)
  }

  get referencedDataFile(): string | undefined {
    if (this.referencedEnd === 0) return undefined
    return this.bytes.toString('utf8', this.referencedBegin, this.referencedEnd)
  }

  get isDeletionVector(): boolean {
    return this.content === 'position-deletes' && this.format === 'puffin'
  }
}

type Decode = ReadField<DecodedEntry>

/**
 * Compiles a manifest's schema into a decoder of its entries, which reads the fields that a table's health is measured by
 * and skips the statistics of columns. Fields are found by their ids.
 *
 * @param internPartition what the partition's encoding, from the cursor on, stands for
 */
export function compileEntry(
  schema: AvroType,
  internPartition: (partition: AvroRecord) => (cursor: ByteCursor) => Partition,
): Decode {
  if (schema.kind !== 'record') throw damaged('schema', `the entries are ${schema.kind}, not records`)
  requireFields(schema, { 0: 'status', 2: 'data_file' })
  const decode = compileProjection<DecodedEntry>(schema, (field) =>
    field.id === 2 ? compileDataFile(field, internPartition) : entryField(field),
  )
  return (cursor, entry) => {
    entry.bytes = cursor.bytes
    entry.content = 'data'
    entry.equalityIds = noIds
    entry.referencedEnd = 0
    entry.contentOffset = undefined
    entry.contentSizeBytes = undefined
    entry.sortOrderId = undefined
    entry.snapshotId = undefined
    entry.sequenceNumber = inherited
    entry.fileSequenceNumber = inherited
    decode(cursor, entry)
  }
}

const inherited = -1

/** Iceberg specification, "Sequence Number Inheritance" and "Snapshot ID Inheritance" (manifest entry fields). */
export function inherit(entry: DecodedEntry, manifest: ManifestFile): void {
  if (entry.sequenceNumber === inherited) entry.sequenceNumber = manifest.sequenceNumber
  if (entry.fileSequenceNumber === inherited) entry.fileSequenceNumber = manifest.sequenceNumber
  if (entry.snapshotId === undefined) entry.snapshotId = manifest.addedSnapshotId
}

function entryField(field: AvroField): Decode | undefined {
  switch (field.id) {
    case 0: {
      const read = requiredNumber(field)
      return (cursor, entry) => {
        entry.status = oneOf(statuses, read(cursor), 'status')
      }
    }
    case 1: {
      const read = bigintReader(field)
      return (cursor, entry) => {
        entry.snapshotId = read(cursor)
      }
    }
    case 3: {
      const read = numberReader(field)
      return (cursor, entry) => {
        entry.sequenceNumber = read(cursor) ?? inherited
      }
    }
    case 4: {
      const read = numberReader(field)
      return (cursor, entry) => {
        entry.fileSequenceNumber = read(cursor) ?? inherited
      }
    }
    default:
      return undefined
  }
}

function compileDataFile(
  { type }: AvroField,
  internPartition: (partition: AvroRecord) => (cursor: ByteCursor) => Partition,
): Decode {
  if (type.kind !== 'record') throw damaged('schema', `data_file is ${type.kind}, not a record`)
  requireFields(type, {
    100: 'file_path',
    101: 'file_format',
    102: 'partition',
    103: 'record_count',
    104: 'file_size_in_bytes',
  })
  return compileProjection<DecodedEntry>(type, (field) =>
    field.id === 102 ? partitionField(field, internPartition) : dataFileField(field),
  )
}

function partitionField(
  { type }: AvroField,
  internPartition: (partition: AvroRecord) => (cursor: ByteCursor) => Partition,
): Decode {
  if (type.kind !== 'record') throw damaged('schema', `partition is ${type.kind}, not a record`)
  const intern = internPartition(type)
  return (cursor, entry) => {
    entry.partition = intern(cursor)
  }
}

function dataFileField(field: AvroField): Decode | undefined {
  switch (field.id) {
    case 100:
      return spanReader(field, (entry, begin, end) => {
        entry.locationBegin = begin
        entry.locationEnd = end
      })
    case 101: {
      const read = lowerCase(repeatingStringReader(field))
      return (cursor, entry) => {
        entry.format = read(cursor)
      }
    }
    case 103: {
      const read = requiredNumber(field)
      return (cursor, entry) => {
        entry.recordCount = read(cursor)
      }
    }
    case 104: {
      const read = requiredNumber(field)
      return (cursor, entry) => {
        entry.fileSizeBytes = read(cursor)
      }
    }
    case 134: {
      const read = numberReader(field)
      return (cursor, entry) => {
        entry.content = oneOf(contents, read(cursor) ?? 0, 'content')
      }
    }
    default:
      return deleteFileField(field)
  }
}

function deleteFileField(field: AvroField): Decode | undefined {
  switch (field.id) {
    case 135: {
      const read = valueReader(field.type)
      return (cursor, entry) => {
        entry.equalityIds = (read(cursor) as readonly number[] | null) ?? noIds
      }
    }
    case 140: {
      const read = numberReader(field)
      return (cursor, entry) => {
        entry.sortOrderId = read(cursor)
      }
    }
    case 143:
      return spanReader(field, (entry, begin, end) => {
        entry.referencedBegin = begin
        entry.referencedEnd = end
      })
    case 144: {
      const read = numberReader(field)
      return (cursor, entry) => {
        entry.contentOffset = read(cursor)
      }
    }
    case 145: {
      const read = numberReader(field)
      return (cursor, entry) => {
        entry.contentSizeBytes = read(cursor)
      }
    }
    default:
      return undefined
  }
}

function requiredNumber(field: AvroField): Read<number> {
  const read = numberReader(field)
  return (cursor) => {
    const value = read(cursor)
    if (value === undefined) throw damaged('record', `${field.name} is null`, { field: field.name })
    return value
  }
}

/** Writers differ in the case of a format's name. */
function lowerCase(read: Read<string | undefined>): Read<string> {
  let written: string | undefined
  let lower = ''
  return (cursor) => {
    const format = read(cursor)
    if (format === written) return lower
    written = format
    lower = format?.toLowerCase() ?? ''
    return lower
  }
}

function oneOf<T>(values: readonly T[], index: number, what: string): T {
  const value = values[index]
  if (value === undefined) {
    throw damaged('record', `an entry's ${what} is ${index}, not one of 0 to ${values.length - 1}`, {
      [what]: index,
    })
  }
  return value
}

function requireFields(record: AvroRecord, names: Readonly<Record<number, string>>): void {
  for (const [id, name] of Object.entries(names)) {
    if (record.fields.some((field) => field.id === Number(id))) continue
    throw damaged('schema', `there is no field ${name} (id ${id})`, { fieldId: Number(id) })
  }
}
