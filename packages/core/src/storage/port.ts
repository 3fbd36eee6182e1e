/** What is known of an object without reading it. */
export interface ObjectFacts {
  readonly sizeBytes: number
  /** Changes with the content; opaque. */
  readonly etag: string
  /** By the clock of the store, in milliseconds since the epoch; S3 tells whole seconds. */
  readonly modifiedAtMs: number
}

export interface ListedObject extends ObjectFacts {
  /** In full, as the other operations take it. */
  readonly location: string
}

export interface StoredObject extends ObjectFacts {
  /** What was asked for; `sizeBytes` counts the whole object. */
  readonly bytes: Uint8Array
}

/** A part of an object, as HTTP's Range asks for it. */
export type ByteRange =
  | { readonly start: number; readonly endExclusive?: number }
  /** The end of the object; all of it when it is shorter. */
  | { readonly lastBytes: number }

/** An object that is read piece by piece. */
export interface StreamedObject extends ObjectFacts {
  /**
   * The bytes in order, once. A piece is valid until the next one is asked for: a store may read into the same memory
   * again. Memory held is a piece, whatever the object's size. A connection that breaks is taken up where it broke off.
   *
   * Iterating rejects with a TidewaterError as the store's other operations do; `STORAGE_FAILED` when the object was
   * replaced, cut or deleted in between. Nothing is held open before the first piece is asked for.
   */
  readonly pieces: AsyncIterable<Uint8Array>
}

export interface StorageCall {
  readonly signal?: AbortSignal | undefined
}

/** What reads alone: a whole {@link ObjectStore} is one. */
export type ObjectReader = Pick<ObjectStore, 'head' | 'get' | 'open' | 'list'>

/**
 * Objects under locations: `s3://bucket/key` (or `s3a://`), `file:///path`, or an absolute path. An object is there whole
 * or not at all, in every implementation.
 *
 * Each operation rejects with a TidewaterError: `CONFIG_INVALID` for a location it can't have, `STORAGE_FAILED` for the
 * file system's own errors, for S3 what `awsFailure` makes of them, and `ABORTED`.
 */
export interface ObjectStore {
  /** @returns undefined when there is no such object */
  head(location: string, call?: StorageCall): Promise<ObjectFacts | undefined>
  /** @returns undefined when there is no such object */
  get(
    location: string,
    call?: StorageCall & { readonly range?: ByteRange },
  ): Promise<StoredObject | undefined>
  /**
   * As `get`, without holding the object in memory: its facts now, its bytes as they are asked for.
   *
   * @returns undefined when there is no such object
   */
  open(location: string, call?: StorageCall): Promise<StreamedObject | undefined>
  /**
   * Writes an object, in place of one that is there unless `ifAbsent`.
   *
   * @returns false when `ifAbsent` and there is one: of several writers at once one is told true
   */
  put(
    location: string,
    bytes: Uint8Array,
    call?: StorageCall & { readonly ifAbsent?: boolean },
  ): Promise<boolean>
  /**
   * Everything under a folder, at any depth, in the order of the locations' bytes; asked for page by page, so that memory
   * doesn't grow with the folder.
   */
  list(folder: string, call?: StorageCall): AsyncIterable<ListedObject>
  /** One that isn't there is no error. */
  delete(location: string, call?: StorageCall): Promise<void>
  close(): void
}
