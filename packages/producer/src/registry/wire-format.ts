import { TidewaterError } from '@tidewater/core'

/** Confluent's header for the id of the value's schema. */
export const valueSchemaIdHeader = '__value_schema_id'

/** First byte of a framing: Confluent's with an id, Confluent's with a GUID, Glue's (its header version 3). */
export const magicBytes = { confluentId: 0, confluentGuid: 1, glue: 3 } as const

export const glueCompressionBytes = { none: 0, zlib: 5 } as const
export type GlueCompression = keyof typeof glueCompressionBytes

export const uuidBytes = 16

/** Confluent, version 0: `00` and the id, a 32-bit big-endian integer. */
export function confluentPrefix(id: number): Uint8Array {
  const bytes = Buffer.alloc(5, magicBytes.confluentId)
  bytes.writeInt32BE(id, 1)
  return bytes
}

/** Confluent, version 1: `01` and the 16 bytes of the GUID, as the value of {@link valueSchemaIdHeader}. */
export function confluentHeader(guid: string): Uint8Array {
  return Buffer.concat([Buffer.of(magicBytes.confluentGuid), parseUuid(guid)])
}

/** Glue: `03`, a byte for the compression, and the 16 bytes of the schema version's UUID. */
export function gluePrefix(schemaVersionId: string, compression: GlueCompression): Uint8Array {
  return Buffer.concat([
    Buffer.of(magicBytes.glue, glueCompressionBytes[compression]),
    parseUuid(schemaVersionId),
  ])
}

export function formatUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function parseUuid(text: string): Uint8Array {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    return Buffer.from(text.replaceAll('-', ''), 'hex')
  }
  throw new TidewaterError(
    'REGISTRY_REQUEST_FAILED',
    `The registry's id ${JSON.stringify(text)} is no UUID`,
    {
      remedy: 'Check that the address is that of a schema registry.',
      details: { id: text },
    },
  )
}
