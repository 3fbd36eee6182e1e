import { type AvroContainer, type ContainerOptions, openContainer } from '../avro/container.js'
import { ByteCursor } from '../avro/cursor.js'
import { parseAvroSchema } from '../avro/schema.js'
import { damaged, located, missing, unsupported } from '../damage.js'
import type { ReadOptions } from '../read-metadata-file.js'
import type { Snapshot } from '../table/model.js'
import { compileEntry, DecodedEntry, inherit } from './file-entry.js'
import { compileManifestList, type ManifestFile, manifestWithoutList } from './manifest-list.js'
import type { Partition, Partitions } from './partition.js'

type ManifestOptions = ReadOptions & ContainerOptions

/**
 * The manifests of a snapshot.
 *
 * @throws TidewaterError as {@link readManifest}
 */
export async function* readManifestList(
  snapshot: Snapshot,
  options: ManifestOptions,
): AsyncGenerator<ManifestFile> {
  const { snapshotId, manifestList, manifests = [], keyId } = snapshot
  if (manifestList === undefined) {
    yield* manifests.map(manifestWithoutList)
    return
  }
  if (keyId !== undefined) throw encrypted(manifestList)
  const container = await open(
    manifestList,
    undefined,
    `snapshot ${snapshotId} names it as its manifest list`,
    options,
  )
  try {
    const read = compileManifestList(parseAvroSchema(container.schemaText))
    const cursor = new ByteCursor()
    for await (const { count, bytes } of container.blocks) {
      cursor.over(bytes)
      for (let entry = 0; entry < count; entry++) yield read(cursor)
      requireEnd(cursor)
    }
  } catch (thrown) {
    throw located(manifestList, thrown)
  } finally {
    await container.close()
  }
}

type Decode = ReturnType<typeof compileEntry>

/** Compiled decoders of manifests. Those of a table have few schemas between them. */
export class ManifestDecoders {
  readonly #decoders = new Map<string, Decode>()
  readonly #partitions: Partitions

  constructor(partitions: Partitions) {
    this.#partitions = partitions
  }

  of({ schemaText, metadata }: AvroContainer, manifest: ManifestFile): Decode {
    // A snapshot of version 1 that names its manifests itself doesn't know their specs.
    const specId = Number(metadata.get('partition-spec-id') ?? manifest.specId)
    const key = `${specId} ${schemaText}`
    let decode = this.#decoders.get(key)
    if (decode === undefined) {
      const schema = parseAvroSchema(schemaText)
      decode = compileEntry(schema, (tuple) => this.#partitions.reader(specId, tuple))
      this.#decoders.set(key, decode)
    }
    return decode
  }
}

const noPartition: Partition = { index: -1, specId: -1, values: [], name: '' }

/**
 * Hands a manifest's files to `visit`, one object showing them one after the other.
 *
 * @throws TidewaterError `METADATA_MISSING`, `METADATA_CORRUPT` (`details.damage` tells which), `METADATA_UNSUPPORTED`,
 * `PACKAGE_NOT_INSTALLED`, `ABORTED`, and what the store throws
 */
export async function readManifest(
  manifest: ManifestFile,
  decoders: ManifestDecoders,
  visit: (entry: DecodedEntry) => void,
  options: ManifestOptions,
): Promise<void> {
  const { location, sizeBytes, isEncrypted } = manifest
  if (isEncrypted) throw encrypted(location)
  const container = await open(location, sizeBytes, 'a manifest list names it', options)
  const cursor = new ByteCursor()
  const entry = new DecodedEntry(noPartition)
  let visiting = false
  try {
    const decode = decoders.of(container, manifest)
    for await (const { count, bytes } of container.blocks) {
      cursor.over(bytes)
      for (let at = 0; at < count; at++) {
        decode(cursor, entry)
        inherit(entry, manifest)
        visiting = true
        visit(entry)
        visiting = false
      }
      requireEnd(cursor)
    }
  } catch (thrown) {
    // What the visitor throws is no damage of the manifest.
    throw visiting ? thrown : located(location, thrown)
  } finally {
    await container.close()
  }
}

async function open(
  location: string,
  sizeBytes: number | undefined,
  referrer: string,
  options: ManifestOptions,
): Promise<AvroContainer> {
  const object = await options.objects.open(location, { signal: options.signal })
  if (object === undefined) throw missing(location, referrer)
  try {
    // A file that was cut between two blocks looks whole.
    if (sizeBytes !== undefined && object.sizeBytes < sizeBytes) {
      const message = `${object.sizeBytes} bytes, and ${sizeBytes} in the manifest list`
      throw damaged('truncated', message, { sizeBytes: object.sizeBytes, statedBytes: sizeBytes })
    }
    return await openContainer(object.pieces, options)
  } catch (thrown) {
    throw located(location, thrown)
  }
}

function requireEnd(cursor: ByteCursor): void {
  if (cursor.position === cursor.end) return
  const left = cursor.end - cursor.position
  throw damaged('record', `${left} bytes are left behind a block's last record`, { leftBytes: left })
}

function encrypted(location: string) {
  return unsupported(`${location} is encrypted`, 'Read the table with an engine that has its keys.', {
    location,
  })
}
