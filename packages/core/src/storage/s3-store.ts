import type * as Sdk from '@aws-sdk/client-s3'
import { z } from 'zod'
import { callAws } from '../aws/calls.js'
import { type AwsClientOptions, awsClientConfig, awsClientOptionsSchema } from '../aws/client-options.js'
import { parseConfig } from '../config/parse.js'
import { TidewaterError } from '../errors.js'
import { loadPeer } from '../load-peer.js'
import { type Clock, realClock } from '../retry/run.js'
import { joinLocation, parseLocation } from './location.js'
import type { ByteRange, ListedObject, ObjectFacts, ObjectStore, StorageCall } from './port.js'
import { s3Pieces } from './s3-pieces.js'

const s3OptionsSchema = awsClientOptionsSchema.extend({
  /** Bucket in the path instead of the host name, as most local endpoints need it. Default: as AWS wants it, false. */
  pathStyle: z.boolean().default(false),
})

export type S3StoreOptions = AwsClientOptions & { readonly pathStyle?: boolean }

/**
 * S3 over `@aws-sdk/client-s3`, which is loaded when this is called.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function createS3Store(
  options: S3StoreOptions = {},
  clock: Clock = realClock,
): Promise<ObjectStore> {
  const config = parseConfig(s3OptionsSchema, options, 'S3 client')
  const sdk = await loadPeer(
    '@aws-sdk/client-s3',
    () => import('@aws-sdk/client-s3'),
    'PACKAGE_NOT_INSTALLED',
  )
  const client = new sdk.S3Client({
    ...awsClientConfig(config),
    forcePathStyle: config.pathStyle,
    // The SDK's own checksums of newer kinds are refused by stores that only resemble S3.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return s3Store(sdk, client, config.endpoint, clock, {
    ...defaultReading,
    stallTimeoutMs: config.requestTimeoutMs,
  })
}

interface S3Reading {
  /** Longest wait for the next bytes of a body that is streamed. */
  readonly stallTimeoutMs: number
  /** What is read of a streamed object before its rest is asked for. */
  readonly firstBytes: number
}

const defaultReading: S3Reading = { stallTimeoutMs: 30_000, firstBytes: 256 * 1024 }

/** The store over a client that is there already. */
export function s3Store(
  sdk: Pick<
    typeof Sdk,
    | 'DeleteObjectCommand'
    | 'GetObjectCommand'
    | 'HeadObjectCommand'
    | 'ListObjectsV2Command'
    | 'PutObjectCommand'
  >,
  client: Pick<Sdk.S3Client, 'send' | 'destroy'> & {
    readonly config: { region(): Promise<string> }
  },
  endpoint?: string,
  clock: Clock = realClock,
  reading: S3Reading = defaultReading,
): ObjectStore {
  const site = { service: 'S3', endpoint, region: () => client.config.region() }
  const call = <T>(action: string, options: StorageCall, attempt: (number: number) => Promise<T>) =>
    callAws(site, attempt, { action, signal: options.signal }, clock)
  const abort = ({ signal }: StorageCall) => (signal === undefined ? {} : { abortSignal: signal })

  const fetchFrom = (location: string, position: number, { etag }: ObjectFacts, options: StorageCall) =>
    call(`Reading ${location} from byte ${position}`, options, () =>
      unlessReplaced(location, async () => {
        const input = { ...objectOf(location), Range: `bytes=${position}-`, IfMatch: etag }
        const { Body } = await client.send(new sdk.GetObjectCommand(input), abort(options))
        return Body as AsyncIterable<Uint8Array>
      }),
    )

  const store: ObjectStore = {
    head: (location, options = {}) =>
      call(`Looking for ${location}`, options, () =>
        unlessAbsent(async () =>
          factsOf(await client.send(new sdk.HeadObjectCommand(objectOf(location)), abort(options))),
        ),
      ),

    async get(location, options = {}) {
      const Range = rangeHeader(options.range)
      const input = { ...objectOf(location), ...(Range === undefined ? {} : { Range }) }
      const found = await call(`Reading ${location}`, options, () =>
        unlessAbsent(async () => {
          try {
            const answer = await client.send(new sdk.GetObjectCommand(input), abort(options))
            const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
            return { ...factsOf(answer), sizeBytes: wholeSizeOf(answer, bytes), bytes }
          } catch (thrown) {
            if (nameOf(thrown) === 'InvalidRange') return 'nothing-in-range' as const
            throw thrown
          }
        }),
      )
      if (found !== 'nothing-in-range') return found
      const facts = await store.head(location, options)
      return facts === undefined ? undefined : { ...facts, bytes: new Uint8Array() }
    },

    // The first bytes come with the facts: most objects are all there then, in one request, and S3 says why it refuses, which
    // it can't in answer to a HEAD.
    async open(location, options = {}) {
      const range = { start: 0, endExclusive: reading.firstBytes }
      const found = await store.get(location, { ...options, range })
      if (found === undefined) return undefined
      const { bytes, ...facts } = found
      return { ...facts, pieces: s3Pieces(location, found, fetchFrom, reading.stallTimeoutMs, options) }
    },

    put: (location, bytes, options = {}) =>
      call(`Writing ${location}`, options, async (attempt) => {
        const condition = options.ifAbsent === true ? { IfNoneMatch: '*' } : {}
        const input = { ...objectOf(location), Body: bytes, ContentLength: bytes.byteLength, ...condition }
        try {
          await client.send(new sdk.PutObjectCommand(input), abort(options))
          return true
        } catch (thrown) {
          // Two conditional writes at once: S3 asks one of them to come again.
          if (nameOf(thrown) === 'ConditionalRequestConflict') throw passing(location, thrown)
          if (options.ifAbsent !== true || !isPreconditionFailed(thrown)) throw thrown
          // What is in the way of a second attempt may be the first one, whose answer was lost.
          if (attempt === 1) return false
          const there = await store.get(location, options)
          return there !== undefined && Buffer.compare(there.bytes, bytes) === 0
        }
      }),

    async *list(folder, options = {}) {
      const { Bucket, Key } = objectOf(folder)
      const Prefix = Key === '' ? '' : `${Key.replace(/\/+$/, '')}/`
      const root = folder.slice(0, folder.indexOf(Bucket) + Bucket.length)
      for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
        const input = { Bucket, Prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }
        const page = await call(`Listing ${folder}`, options, () =>
          client.send(new sdk.ListObjectsV2Command(input), abort(options)),
        )
        for (const one of page.Contents ?? []) {
          // Consoles make empty objects whose key ends in a slash to show a folder.
          if (one.Key === undefined || one.Key.endsWith('/')) continue
          const facts = factsOf({ ETag: one.ETag, ContentLength: one.Size, LastModified: one.LastModified })
          yield { location: joinLocation(root, one.Key), ...facts } satisfies ListedObject
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined
      }
    },

    delete: (location, options = {}) =>
      call(`Deleting ${location}`, options, async () => {
        await client.send(new sdk.DeleteObjectCommand(objectOf(location)), abort(options))
      }),

    close: () => client.destroy(),
  }
  return store
}

function objectOf(location: string): { Bucket: string; Key: string } {
  const parsed = parseLocation(location)
  if (parsed.type === 's3') return { Bucket: parsed.bucket, Key: parsed.key }
  throw new TidewaterError('CONFIG_INVALID', `${location} is not in S3`, {
    remedy: 'Use createObjectStore(), which takes both kinds of location.',
  })
}

interface Answer {
  readonly ETag?: string | undefined
  readonly ContentLength?: number | undefined
  readonly ContentRange?: string | undefined
  readonly LastModified?: Date | undefined
}

function factsOf({ ETag = '', ContentLength = 0, LastModified }: Answer): ObjectFacts {
  return { sizeBytes: ContentLength, etag: ETag, modifiedAtMs: LastModified?.getTime() ?? 0 }
}

function wholeSizeOf({ ContentRange }: Answer, bytes: Uint8Array): number {
  const total = /\/(\d+)$/.exec(ContentRange ?? '')?.[1]
  return total === undefined ? bytes.byteLength : Number(total)
}

/** RFC 9110, section 14.1.2: the last byte is included. */
function rangeHeader(range: ByteRange | undefined): string | undefined {
  if (range === undefined) return undefined
  if ('lastBytes' in range) return `bytes=-${range.lastBytes}`
  return `bytes=${range.start}-${range.endExclusive === undefined ? '' : range.endExclusive - 1}`
}

async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (thrown) {
    // HeadObject has no body to say NoSuchKey in.
    if (['NoSuchKey', 'NotFound'].includes(nameOf(thrown))) return undefined
    throw thrown
  }
}

async function unlessReplaced<T>(location: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!isPreconditionFailed(cause) && nameOf(cause) !== 'NoSuchKey') throw cause
    throw new TidewaterError('STORAGE_FAILED', `${location} was replaced or deleted while it was read`, {
      remedy: 'Read it again once nobody writes it.',
      details: { location },
      cause,
    })
  }
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : ''
}

function isPreconditionFailed(thrown: unknown): boolean {
  return (
    nameOf(thrown) === 'PreconditionFailed' ||
    (thrown as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 412
  )
}

function passing(location: string, cause: unknown): TidewaterError {
  return new TidewaterError('STORAGE_FAILED', `${location} is being written by another at this moment`, {
    retryable: true,
    cause,
  })
}
