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

export interface StorageCall {
  readonly signal?: AbortSignal | undefined
}

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
   * Writes an object, in place of one that is there unless `ifAbsent`.
   *
   * @returns false when `ifAbsent` and there is one: of several writers at once one is told true
   */
  put(
    location: string,
    bytes: Uint8Array,
    call?: StorageCall & { readonly ifAbsent?: boolean },
  ): Promise<boolean>
  /** Everything under a folder, at any depth, in the order of the locations' bytes; asked for page by page. */
  list(folder: string, call?: StorageCall): AsyncIterable<ListedObject>
  /** One that isn't there is no error. */
  delete(location: string, call?: StorageCall): Promise<void>
  close(): void
}
