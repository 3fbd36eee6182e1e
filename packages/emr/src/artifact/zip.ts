import { crc32 } from 'node:zlib'

export interface ArchivedFile {
  /** Path in the archive, with `/` between folders. */
  readonly name: string
  readonly bytes: Uint8Array
}

// The format's own first day, 1 January 1980: the time of packing would make another archive of the same files.
const firstDay = (1 << 5) | 1
const utf8Names = 0x0800

/**
 * A zip of the files in the order of their names, the same bytes for the same files on every machine: nothing is compressed,
 * because zlib's versions compress differently, and no time, owner or mode is kept. PKWARE's APPNOTE, sections 4.3.7 to 4.3.16.
 */
export function zipOf(files: readonly ArchivedFile[]): Uint8Array {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, bytes } of inOrder(files)) {
    const nameBytes = Buffer.from(name)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0) // version needed: 2.0
    fields.writeUInt16LE(utf8Names, 2)
    fields.writeUInt16LE(firstDay, 8)
    fields.writeUInt32LE(crc32(bytes), 10)
    fields.writeUInt32LE(bytes.byteLength, 14)
    fields.writeUInt32LE(bytes.byteLength, 18)
    fields.writeUInt16LE(nameBytes.byteLength, 22)
    const local = Buffer.concat([signature(0x04034b50), fields, nameBytes])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    const madeBy = Buffer.from([20, 0])
    directory.push(Buffer.concat([signature(0x02014b50), madeBy, fields, place, nameBytes]))
    parts.push(local, Buffer.from(bytes))
    offset += local.byteLength + bytes.byteLength
  }
  const directoryBytes = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files.length, 4)
  end.writeUInt16LE(files.length, 6)
  end.writeUInt32LE(directoryBytes.byteLength, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, directoryBytes, signature(0x06054b50), end])
}

/** By the bytes of their names, which no locale changes. */
export function inOrder(files: readonly ArchivedFile[]): ArchivedFile[] {
  return [...files].sort((one, other) => Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)))
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
