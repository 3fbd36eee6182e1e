import type { Type } from 'avsc'
import { messageOf, TidewaterError } from '../errors.js'
import { checkBlockCounts, statesBlockCounts } from './block-counts.js'
import { compileWriterType } from './compile.js'
import { type AvroSchema, type CheckedSchema, compiledTypeOf } from './schema.js'

/** Decodes whole payloads: bytes that are missing or left over are an error. */
export interface AvroDecoder<Output> {
  /** @throws TidewaterError `RECORD_INVALID` for a payload that isn't exactly one record of the writer's schema. */
  decode(payload: Uint8Array): Output
}

const decoders = new WeakMap<object, WeakMap<object, AvroDecoder<unknown>>>()

/**
 * Reads records that were written with an older or newer schema as records of `reader` (Avro specification 1.11, "Schema
 * Resolution"): fields by name or alias, reader's defaults, promotions, enum defaults. The resolution is worked out
 * once for each pair of schema objects, so keep a writer's schema rather than making it for each payload.
 *
 * Stricter than Avro in two ways. A writer's union with a branch that the reader can't take is refused here, not when
 * such a value turns up; and two different logical types never resolve, since only the stored number would agree.
 *
 * @throws TidewaterError `SCHEMA_INVALID` when the reader's schema can't read the writer's.
 */
export function avroDecoder<Output>(
  reader: AvroSchema<Output, never>,
  writer: CheckedSchema,
): AvroDecoder<Output> {
  const forReader = decoders.get(reader) ?? new WeakMap<object, AvroDecoder<unknown>>()
  decoders.set(reader, forReader)
  const decoder = forReader.get(writer) ?? resolvingDecoder(reader, writer)
  forReader.set(writer, decoder)
  return decoder as AvroDecoder<Output>
}

function resolvingDecoder(reader: CheckedSchema, writer: CheckedSchema): AvroDecoder<unknown> {
  const type = compiledTypeOf(reader)
  const writerType = compileWriterType(writer.definition)
  let resolver: ReturnType<Type['createResolver']>
  try {
    resolver = type.createResolver(writerType)
  } catch (cause) {
    throw new TidewaterError(
      'SCHEMA_INVALID',
      `${reader.name} can't read ${writer.name}: ${messageOf(cause)}`,
      {
        remedy:
          'Give the new fields a default, keep the types promotable, or add an alias for what was renamed.',
        details: { reader: reader.fingerprint, writer: writer.fingerprint },
        cause,
      },
    )
  }
  return decoderOver(reader.name, writerType, (payload) => type.fromBuffer(payload, resolver))
}

/** Wraps avsc's decoding of payloads laid out as `layout` says: hostile counts first, then one kind of error. */
export function decoderOver(
  name: string,
  layout: Type,
  read: (payload: Buffer) => unknown,
): AvroDecoder<unknown> {
  const hasBlocks = statesBlockCounts(layout)
  return {
    decode: (payload) => {
      try {
        if (hasBlocks) checkBlockCounts(layout, payload)
        return read(
          Buffer.isBuffer(payload)
            ? payload
            : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
        )
      } catch (cause) {
        throw new TidewaterError(
          'RECORD_INVALID',
          `Can't decode ${payload.byteLength} bytes as ${name}: ${messageOf(cause)}`,
          {
            remedy: 'Decode with the schema that wrote the payload, without registry framing before it.',
            details: { schema: name, sizeBytes: payload.byteLength },
            cause,
          },
        )
      }
    },
  }
}
