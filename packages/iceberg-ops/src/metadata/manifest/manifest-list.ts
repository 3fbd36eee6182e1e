import {
  bigintReader,
  compileProjection,
  numberReader,
  type ReadField,
  repeatingStringReader,
} from '../avro/read.js'
import type { AvroField, AvroType } from '../avro/schema.js'
import { damaged } from '../damage.js'

/** A manifest as its manifest list describes it (Iceberg specification, "Manifest Lists"). */
export interface ManifestFile {
  readonly location: string
  /** Undefined when a snapshot of version 1 names the manifest without a list. */
  readonly sizeBytes: number | undefined
  readonly specId: number
  readonly content: 'data' | 'deletes'
  /** 0 in version 1. */
  readonly sequenceNumber: number
  readonly minSequenceNumber: number
  readonly addedSnapshotId: bigint | undefined
  /** Of the files in it, by status; undefined where the writer left them out. */
  readonly addedFiles: number | undefined
  readonly existingFiles: number | undefined
  readonly deletedFiles: number | undefined
  readonly addedRows: number | undefined
  readonly existingRows: number | undefined
  readonly deletedRows: number | undefined
  readonly isEncrypted: boolean
}

interface Draft {
  location?: string
  sizeBytes?: number
  specId?: number
  content?: number
  sequenceNumber?: number
  minSequenceNumber?: number
  addedSnapshotId?: bigint
  addedFiles?: number
  existingFiles?: number
  deletedFiles?: number
  addedRows?: number
  existingRows?: number
  deletedRows?: number
  isEncrypted?: boolean
}

const numbers: Readonly<Record<number, keyof Draft>> = {
  501: 'sizeBytes',
  502: 'specId',
  504: 'addedFiles',
  505: 'existingFiles',
  506: 'deletedFiles',
  512: 'addedRows',
  513: 'existingRows',
  514: 'deletedRows',
  515: 'sequenceNumber',
  516: 'minSequenceNumber',
  517: 'content',
}

/** Compiles a manifest list's schema into a reader of its entries; fields are found by id, so that names may differ. */
export function compileManifestList(
  schema: AvroType,
): (cursor: Parameters<ReadField<Draft>>[0]) => ManifestFile {
  if (schema.kind !== 'record') throw damaged('schema', `the entries are ${schema.kind}, not records`)
  const readDraft = compileProjection<Draft>(schema, wanted)
  return (cursor) => {
    const draft: Draft = {}
    readDraft(cursor, draft)
    return manifestFileOf(draft)
  }
}

function wanted(field: AvroField): ReadField<Draft> | undefined {
  if (field.id === undefined) return undefined
  const number = numbers[field.id]
  if (number !== undefined) {
    const read = numberReader(field)
    return (cursor, draft) => Object.assign(draft, { [number]: read(cursor) })
  }
  switch (field.id) {
    case 500: {
      const read = repeatingStringReader(field)
      return (cursor, draft) => Object.assign(draft, { location: read(cursor) })
    }
    case 503: {
      const read = bigintReader(field)
      return (cursor, draft) => Object.assign(draft, { addedSnapshotId: read(cursor) })
    }
    case 519:
      return readIsEncrypted(field)
    default:
      return undefined
  }
}

/** Whether there is key metadata; what is in it is the business of whoever decrypts. */
function readIsEncrypted(field: AvroField): ReadField<Draft> | undefined {
  if (field.type.kind !== 'union') return undefined
  const nullAt = field.type.branches.findIndex(({ kind }) => kind === 'null')
  return (cursor, draft) => {
    draft.isEncrypted = cursor.readNumber() !== nullAt
    if (draft.isEncrypted) cursor.advance(cursor.readLength())
  }
}

function manifestFileOf(draft: Draft): ManifestFile {
  const { location, sizeBytes, specId = 0, content = 0 } = draft
  if (location === undefined)
    throw damaged('schema', 'an entry has no manifest_path (field 500)', { fieldId: 500 })
  if (content !== 0 && content !== 1)
    throw damaged('record', `a manifest's content is ${content}, not 0 or 1`)
  return {
    location,
    sizeBytes,
    specId,
    content: content === 0 ? 'data' : 'deletes',
    sequenceNumber: draft.sequenceNumber ?? 0,
    minSequenceNumber: draft.minSequenceNumber ?? 0,
    addedSnapshotId: draft.addedSnapshotId,
    addedFiles: draft.addedFiles,
    existingFiles: draft.existingFiles,
    deletedFiles: draft.deletedFiles,
    addedRows: draft.addedRows,
    existingRows: draft.existingRows,
    deletedRows: draft.deletedRows,
    isEncrypted: draft.isEncrypted ?? false,
  }
}

/** A manifest that a version 1 snapshot names itself: all that is known is its place. */
export function manifestWithoutList(location: string): ManifestFile {
  return {
    location,
    sizeBytes: undefined,
    specId: 0,
    content: 'data',
    sequenceNumber: 0,
    minSequenceNumber: 0,
    addedSnapshotId: undefined,
    addedFiles: undefined,
    existingFiles: undefined,
    deletedFiles: undefined,
    addedRows: undefined,
    existingRows: undefined,
    deletedRows: undefined,
    isEncrypted: false,
  }
}
