// The two requests a readiness probe needs, from Kafka's protocol guide (https://kafka.apache.org/39/protocol.html):
// ApiVersions v0 and Metadata v2. Both are older than flexible versions, so lengths are plain big-endian integers.
import { TidewaterError } from '@tidewater/core'

const apiKeys = { metadata: 3, apiVersions: 18 } as const
const metadataVersion = 2
const apiVersionsVersion = 0

export interface ClusterMetadata {
  readonly clusterId: string | undefined
  /** -1 when there is no controller. */
  readonly controllerId: number
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]
}

export function encodeApiVersionsRequest(correlationId: number, clientId: string): Buffer {
  return encodeRequest(apiKeys.apiVersions, apiVersionsVersion, correlationId, clientId, Buffer.alloc(0))
}

/** Asks for brokers and controller; the empty list of topics means none (the null list would mean all). */
export function encodeMetadataRequest(correlationId: number, clientId: string): Buffer {
  return encodeRequest(apiKeys.metadata, metadataVersion, correlationId, clientId, int32(0))
}

/** The body's bytes of the first answer in `received`, and undefined while it is not complete. */
export function takeResponse(received: Buffer): Buffer | undefined {
  if (received.length < 4) return undefined
  const size = received.readInt32BE(0)
  return received.length < 4 + size ? undefined : received.subarray(4, 4 + size)
}

/** @throws TidewaterError `KAFKA_PROTOCOL` when the broker does not speak the Metadata version used here */
export function requireMetadataVersion(response: Buffer, correlationId: number): void {
  const reader = new Reader(response, correlationId)
  const errorCode = reader.int16()
  const apis = reader.array(() => ({ key: reader.int16(), min: reader.int16(), max: reader.int16() }))
  const metadata = apis.find(({ key }) => key === apiKeys.metadata)
  if (errorCode === 0 && metadata && metadata.min <= metadataVersion && metadataVersion <= metadata.max)
    return
  throw new TidewaterError(
    'KAFKA_PROTOCOL',
    `The broker does not answer Metadata v${metadataVersion} (error ${errorCode}, its range: ${
      metadata ? `${metadata.min} to ${metadata.max}` : 'none'
    })`,
  )
}

/** @throws TidewaterError `KAFKA_PROTOCOL` when it is no answer to the request */
export function decodeMetadataResponse(response: Buffer, correlationId: number): ClusterMetadata {
  const reader = new Reader(response, correlationId)
  const brokers = reader.array(() => {
    const broker = { nodeId: reader.int32(), host: reader.string() ?? '', port: reader.int32() }
    reader.string() // rack
    return broker
  })
  return { brokers, clusterId: reader.string(), controllerId: reader.int32() }
}

function encodeRequest(
  apiKey: number,
  apiVersion: number,
  correlationId: number,
  clientId: string,
  body: Buffer,
) {
  const client = Buffer.from(clientId, 'utf8')
  const header = Buffer.concat([
    int16(apiKey),
    int16(apiVersion),
    int32(correlationId),
    int16(client.length),
    client,
  ])
  return Buffer.concat([int32(header.length + body.length), header, body])
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeInt16BE(value)
  return buffer
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}

class Reader {
  #offset = 0

  constructor(
    private readonly buffer: Buffer,
    correlationId: number,
  ) {
    const answered = this.int32()
    if (answered !== correlationId)
      throw new TidewaterError('KAFKA_PROTOCOL', `Answer to request ${answered} instead of ${correlationId}`)
  }

  int16(): number {
    return this.#take(2).readInt16BE(0)
  }

  int32(): number {
    return this.#take(4).readInt32BE(0)
  }

  /** A nullable string. */
  string(): string | undefined {
    const length = this.int16()
    return length < 0 ? undefined : this.#take(length).toString('utf8')
  }

  array<T>(item: () => T): T[] {
    const length = this.int32()
    // A length that can't fit is foreign bytes, not an array: without this check it would allocate what it claims.
    if (length > this.buffer.length) throw this.#tooShort()
    return Array.from({ length: Math.max(0, length) }, item)
  }

  #take(length: number): Buffer {
    const end = this.#offset + length
    if (end > this.buffer.length) throw this.#tooShort()
    const part = this.buffer.subarray(this.#offset, end)
    this.#offset = end
    return part
  }

  #tooShort(): TidewaterError {
    return new TidewaterError('KAFKA_PROTOCOL', `The answer ends early, after ${this.buffer.length} bytes`)
  }
}
