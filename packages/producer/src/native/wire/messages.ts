// The requests a producer needs besides Produce, in one version each that every broker from Kafka 2.7 to 4.x speaks.
// https://kafka.apache.org/protocol
import type { ProducerIdentity } from '../../batch/record-batch.js'
import type { Reader } from './reader.js'
import type { Writer } from './writer.js'

/** A request and how its answer reads. */
export interface Message<Request, Response> {
  readonly name: string
  readonly key: number
  readonly version: number
  /** Whether header and lengths are of the flexible form. ApiVersions answers without it whatever it was asked with. */
  readonly flexible: { readonly request: boolean; readonly response: boolean }
  write(writer: Writer, request: Request): void
  read(reader: Reader): Response
}

const flexible = { request: true, response: true } as const

export interface VersionRange {
  readonly key: number
  readonly min: number
  readonly max: number
}

export interface ApiVersionsResponse {
  readonly errorCode: number
  readonly ranges: readonly VersionRange[]
  /** Level of each feature that the cluster has agreed on, such as `transaction.version`. */
  readonly features: ReadonlyMap<string, number>
}

/** v3, since Kafka 2.4. Its answer's header is never of the flexible form. */
export const apiVersions: Message<void, ApiVersionsResponse> = {
  name: 'ApiVersions',
  key: 18,
  version: 3,
  flexible: { request: true, response: false },
  write: (writer) => writer.string('tidewater').string('0').end(),
  read: (reader) => {
    const errorCode = reader.int16()
    // A broker too old for this version answers in the first one's form, with an error and nothing else of use.
    if (errorCode !== 0) return { errorCode, ranges: [], features: new Map() }
    const ranges = reader.array(() => {
      const range = { key: reader.int16(), min: reader.int16(), max: reader.int16() }
      reader.end()
      return range
    })
    reader.int32() // throttle time
    const features = new Map<string, number>()
    const finalizedFeatures = () => {
      reader.array(() => {
        features.set(reader.string() ?? '', reader.int16())
        reader.int16() // lowest level
        reader.end()
      })
    }
    reader.end({ 2: finalizedFeatures })
    return { errorCode, ranges, features }
  },
}

export interface BrokerAddress {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export interface TopicMetadata {
  readonly errorCode: number
  readonly topic: string
  readonly partitions: readonly {
    readonly errorCode: number
    readonly partition: number
    /** -1 when there is none. */
    readonly leader: number
  }[]
}

export interface MetadataResponse {
  readonly brokers: readonly BrokerAddress[]
  readonly topics: readonly TopicMetadata[]
}

export const metadata: Message<readonly string[], MetadataResponse> = {
  name: 'Metadata',
  key: 3,
  version: 9,
  flexible,
  write: (writer, topics) => {
    writer.array(topics, (topic) => writer.string(topic).end())
    // Not to create topics, nor to list what may be done with cluster and topics.
    writer.boolean(false).boolean(false).boolean(false).end()
  },
  read: (reader) => {
    reader.int32() // throttle time
    const brokers = reader.array(() => {
      const broker = { nodeId: reader.int32(), host: reader.string() ?? '', port: reader.int32() }
      reader.string() // rack
      reader.end()
      return broker
    })
    reader.string() // cluster id
    reader.int32() // controller
    const topics = reader.array(() => {
      const errorCode = reader.int16()
      const topic = reader.string() ?? ''
      reader.boolean() // internal
      const partitions = reader.array(() => {
        const partition = { errorCode: reader.int16(), partition: reader.int32(), leader: reader.int32() }
        reader.int32() // leader epoch
        for (let list = 0; list < 3; list++) reader.array(() => reader.int32()) // replicas, in sync, offline
        reader.end()
        return partition
      })
      reader.int32() // authorized operations
      reader.end()
      return { errorCode, topic, partitions }
    })
    return { brokers, topics }
  },
}

export interface InitProducerIdRequest {
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
  /** The identity held so far, whose epoch is to be raised; undefined for a new one. */
  readonly current?: ProducerIdentity | undefined
}

export interface InitProducerIdResponse extends ProducerIdentity {
  readonly errorCode: number
}

export const initProducerId: Message<InitProducerIdRequest, InitProducerIdResponse> = {
  name: 'InitProducerId',
  key: 22,
  version: 4,
  flexible,
  write: (writer, { transactionalId, transactionTimeoutMs, current }) => {
    writer.string(transactionalId).int32(transactionTimeoutMs)
    writer
      .int64(current?.producerId ?? -1n)
      .int16(current?.epoch ?? -1)
      .end()
  },
  read: (reader) => {
    reader.int32() // throttle time
    return { errorCode: reader.int16(), producerId: reader.int64(), epoch: reader.int16() }
  },
}

export const saslHandshake: Message<string, { errorCode: number; mechanisms: (string | null)[] }> = {
  name: 'SaslHandshake',
  key: 17,
  version: 1,
  flexible: { request: false, response: false },
  write: (writer, mechanism) => writer.plainString(mechanism),
  read: (reader) => ({
    errorCode: reader.int16(),
    mechanisms: reader.plainArray(() => reader.plainString()),
  }),
}

export interface SaslAuthenticateResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly authBytes: Buffer
  /** 0: the session has no end. */
  readonly sessionLifetimeMs: bigint
}

export const saslAuthenticate: Message<Uint8Array, SaslAuthenticateResponse> = {
  name: 'SaslAuthenticate',
  key: 36,
  version: 2,
  flexible,
  write: (writer, bytes) => writer.compactBytes(bytes).end(),
  read: (reader) => ({
    errorCode: reader.int16(),
    errorMessage: reader.string(),
    authBytes: reader.compactBytes(),
    sessionLifetimeMs: reader.int64(),
  }),
}

export const describeConfigs: Message<
  { readonly topic: string; readonly names: readonly string[] },
  ReadonlyMap<string, string>
> = {
  name: 'DescribeConfigs',
  key: 32,
  version: 4,
  flexible,
  write: (writer, { topic, names }) => {
    const ofTopic = 2
    writer.array([topic], () =>
      writer
        .int8(ofTopic)
        .string(topic)
        .array(names, (name) => writer.string(name))
        .end(),
    )
    // Neither synonyms nor documentation.
    writer.boolean(false).boolean(false).end()
  },
  read: (reader) => {
    reader.int32() // throttle time
    const configs = new Map<string, string>()
    reader.array(() => {
      reader.int16() // error code: what can't be read is not there
      reader.string() // error message
      reader.int8() // resource type
      reader.string() // resource name
      reader.array(() => {
        const name = reader.string() ?? ''
        const value = reader.string()
        if (value !== null) configs.set(name, value)
        reader.boolean() // read only
        reader.int8() // source
        reader.boolean() // sensitive
        reader.array(() => {
          reader.string()
          reader.string()
          reader.int8()
          reader.end()
        })
        reader.int8() // type
        reader.string() // documentation
        reader.end()
      })
      reader.end()
    })
    return configs
  },
}
