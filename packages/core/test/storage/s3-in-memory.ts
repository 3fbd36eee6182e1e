import { createHash } from 'node:crypto'

interface Held {
  readonly bytes: Uint8Array
  readonly modified: Date
}

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: {
    readonly Bucket: string
    readonly Key: string
    readonly Body?: Uint8Array
    readonly Range?: string
    readonly IfNoneMatch?: string
    readonly IfMatch?: string
    readonly Prefix?: string
    readonly ContinuationToken?: string
  }
}

/** An error as the SDK throws it. */
export function s3Error(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } })
}

/**
 * The `send` of an S3 client, with the names and shapes the service answers with. Pages are of two keys, and `disturb` may
 * throw before or after an operation took effect. A body comes in pieces, at least 4 bytes each; `disturbBody` may break it
 * before one.
 */
export function s3InMemory(
  disturb: (moment: 'before' | 'after', operation: string) => void = () => {},
  disturbBody: (piece: number) => void | Promise<void> = () => {},
) {
  const objects = new Map<string, Held>()
  const operations: string[] = []
  const facts = ({ bytes, modified }: Held) => ({
    ETag: createHash('md5').update(bytes).digest('hex'),
    ContentLength: bytes.byteLength,
    LastModified: modified,
  })
  const answer = (
    operation: string,
    { Key, Body, Range, IfNoneMatch, IfMatch, ...input }: Command['input'],
  ) => {
    const held = objects.get(Key)
    switch (operation) {
      case 'PutObjectCommand':
        if (IfNoneMatch === '*' && held !== undefined) throw s3Error('PreconditionFailed', 412)
        objects.set(Key, { bytes: Uint8Array.from(Body ?? []), modified: new Date() })
        return {}
      case 'DeleteObjectCommand':
        objects.delete(Key)
        return {}
      case 'HeadObjectCommand':
        if (held === undefined) throw s3Error('NotFound', 404)
        return facts(held)
      case 'GetObjectCommand': {
        if (held === undefined) throw s3Error('NoSuchKey', 404)
        if (IfMatch !== undefined && IfMatch !== facts(held).ETag) throw s3Error('PreconditionFailed', 412)
        const size = held.bytes.byteLength
        const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(Range ?? 'bytes=0-') ?? []
        const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
        if (Range !== undefined && start >= size) throw s3Error('InvalidRange', 416)
        const bytes = held.bytes.slice(start, from === '' || to === '' ? size : Number(to) + 1)
        return {
          ...facts(held),
          ContentLength: bytes.byteLength,
          ...(Range === undefined ? {} : { ContentRange: `bytes ${start}-${size}/${size}` }),
          Body: { transformToByteArray: async () => bytes, [Symbol.asyncIterator]: () => pieces(bytes) },
        }
      }
      default: {
        const keys = [...objects.keys()].sort((one, other) =>
          Buffer.compare(Buffer.from(one), Buffer.from(other)),
        )
        const matching = keys.filter((key) => key.startsWith(input.Prefix ?? ''))
        const begin = Number(input.ContinuationToken ?? 0)
        const page = matching.slice(begin, begin + 2)
        const more = begin + 2 < matching.length
        return {
          Contents: page.map((key) => {
            const { ContentLength, ...rest } = facts(objects.get(key) as Held)
            return { Key: key, Size: ContentLength, ...rest }
          }),
          IsTruncated: more,
          ...(more ? { NextContinuationToken: String(begin + 2) } : {}),
        }
      }
    }
  }
  async function* pieces(bytes: Uint8Array) {
    const pieceBytes = Math.max(4, Math.ceil(bytes.byteLength / 100))
    for (let piece = 0; piece * pieceBytes < bytes.byteLength; piece++) {
      await disturbBody(piece)
      yield bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes)
    }
  }
  return {
    objects,
    operations,
    client: {
      config: { region: async () => 'us-east-1' },
      destroy: () => undefined,
      send: async (command: Command) => {
        const operation = command.constructor.name
        operations.push(operation)
        disturb('before', operation)
        const result = answer(operation, command.input)
        disturb('after', operation)
        return result
      },
    },
  }
}
