import { deflateSync } from 'node:zlib'
import type * as Sdk from '@aws-sdk/client-glue'
import {
  type AwsCredentials,
  type AwsCredentialsProvider,
  awsErrorName,
  awsFailure,
  type CheckedSchema,
  loadPeer,
  parseConfig,
  retryAfterMsOf,
  runWithRetry,
  TidewaterError,
} from '@tidewater/core'
import { z } from 'zod'
import type { RecordFraming, SchemaRegistry } from './framing.js'
import { type GlueSubject, type GlueVersion, requireAvailable, schemaMissing } from './glue-status.js'
import { gluePrefix } from './wire-format.js'

const optionsSchema = z.strictObject({
  /** Such as `us-east-1`. Default: the SDK's chain (`AWS_REGION`, the profile). */
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, 'must be a region such as us-east-1')
    .optional(),
  /** Name of the registry, which must exist. */
  registryName: z.string().min(1).max(255),
  /** Name of the schema in it. Default: the topic's, as in AWS's own serializers. */
  schemaName: z.string().min(1).max(255).optional(),
  /**
   * Registers the schema's definition when it isn't there, and creates a schema that isn't there, with compatibility
   * `BACKWARD`. Default false: it is looked up.
   */
  register: z.boolean().default(false),
  /** Compression of each single value, beside that of the batch. Default `none`. */
  compression: z.enum(['none', 'zlib']).default('none'),
  /** Credentials or a provider of them. Default: the SDK's chain. */
  credentials: z
    .custom<AwsCredentials | AwsCredentialsProvider>(
      (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
      'must be credentials or a function that provides them',
    )
    .optional(),
  /** URL of the service, for a VPC endpoint or a local one. Default: the region's. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** Longest wait for one answer; what may pass is asked up to five times. Default 10,000. */
  requestTimeoutMs: z.int().min(100).max(300_000).default(10_000),
})

export type GlueRegistryOptions = z.input<typeof optionsSchema>
type Config = Readonly<z.output<typeof optionsSchema>>

// A check of compatibility takes a moment; this is about 20 seconds of looking again.
const pendingPolicy = { maxAttempts: 24, initialDelayMs: 100, maxDelayMs: 1_000, maxElapsedMs: 30_000 }

/**
 * A registry of the AWS Glue Schema Registry, through `@aws-sdk/client-glue`, which is loaded when `framing` is called.
 *
 * Its `framing` rejects with a TidewaterError: `SCHEMA_NOT_REGISTERED` (not there, not compatible, or being checked for too
 * long), `AUTHORIZATION_FAILED`, `CREDENTIALS_UNAVAILABLE`, `CREDENTIALS_INVALID`, `CREDENTIALS_EXPIRED`, `CLOCK_SKEWED`,
 * `REGION_MISMATCH`, `AWS_THROTTLED`, `AWS_REQUEST_FAILED`, `PACKAGE_NOT_INSTALLED`, `ABORTED`.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function glueRegistry(options: GlueRegistryOptions): SchemaRegistry {
  const config = parseConfig(optionsSchema, options, 'Glue registry')
  return { framing: (schema, topic, signal) => framing(config, schema, topic, signal) }
}

async function framing(
  config: Config,
  schema: CheckedSchema,
  topic: string,
  signal: AbortSignal | undefined,
): Promise<RecordFraming> {
  const sdk = await loadPeer(
    '@aws-sdk/client-glue',
    () => import('@aws-sdk/client-glue'),
    'PACKAGE_NOT_INSTALLED',
  )
  const { region, endpoint, credentials, compression } = config
  const client = new sdk.GlueClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: { requestTimeout: config.requestTimeoutMs, throwOnRequestTimeout: true },
    // Retries are decided here, where it is known what can't succeed; the SDK's own would multiply them.
    maxAttempts: 1,
  })
  try {
    const schemaName = config.schemaName ?? topic
    const calls = new GlueCalls(sdk, client, config, schemaName, signal)
    const versionId = await calls.versionId(JSON.stringify(schema.definition))
    return {
      prefix: gluePrefix(versionId, compression),
      ...(compression === 'zlib' ? { compress: (avro: Uint8Array) => deflateSync(avro) } : {}),
    }
  } finally {
    client.destroy()
  }
}

class GlueCalls {
  readonly #sdk: typeof Sdk
  readonly #client: Sdk.GlueClient
  readonly #config: Config
  readonly #schemaName: string
  readonly #signal: AbortSignal | undefined

  constructor(
    sdk: typeof Sdk,
    client: Sdk.GlueClient,
    config: Config,
    schemaName: string,
    signal: AbortSignal | undefined,
  ) {
    this.#sdk = sdk
    this.#client = client
    this.#config = config
    this.#schemaName = schemaName
    this.#signal = signal
  }

  /** UUID of the available schema version that has this definition. */
  async versionId(definition: string): Promise<string> {
    const version = this.#config.register ? await this.#register(definition) : await this.#lookUp(definition)
    if (version.Status !== 'PENDING') return requireAvailable(version, this.#subject)
    const command = new this.#sdk.GetSchemaVersionCommand({ SchemaVersionId: version.SchemaVersionId })
    return runWithRetry(
      async () => {
        const checked = await this.#call('Waiting for', (how) => this.#client.send(command, how))
        return requireAvailable(checked, this.#subject)
      },
      { policy: pendingPolicy, ...this.#abortable },
    )
  }

  async #lookUp(definition: string): Promise<GlueVersion> {
    const input = { SchemaId: this.#schemaId, SchemaDefinition: definition }
    const command = new this.#sdk.GetSchemaByDefinitionCommand(input)
    try {
      return await this.#call('Looking up', (how) => this.#client.send(command, how))
    } catch (thrown) {
      throw this.#missing(thrown) ?? thrown
    }
  }

  /** The service answers with the version that is there already, when one has this definition. */
  async #register(definition: string): Promise<GlueVersion> {
    const input = { SchemaId: this.#schemaId, SchemaDefinition: definition }
    const command = new this.#sdk.RegisterSchemaVersionCommand(input)
    const register = () => this.#call('Registering', (how) => this.#client.send(command, how))
    try {
      return await register()
    } catch (thrown) {
      if (this.#missing(thrown) === undefined) throw thrown
    }
    try {
      return await this.#create(definition)
    } catch (thrown) {
      // Another producer was quicker.
      if (nameOf(thrown) === 'AlreadyExistsException') return register()
      throw this.#missing(thrown) ?? thrown
    }
  }

  async #create(definition: string): Promise<GlueVersion> {
    const command = new this.#sdk.CreateSchemaCommand({
      RegistryId: { RegistryName: this.#config.registryName },
      SchemaName: this.#schemaName,
      DataFormat: 'AVRO',
      Compatibility: 'BACKWARD',
      SchemaDefinition: definition,
    })
    const created = await this.#call('Creating', (how) => this.#client.send(command, how))
    return { SchemaVersionId: created.SchemaVersionId, Status: created.SchemaVersionStatus }
  }

  #call<T>(verb: string, send: (how: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> {
    const { registryName, endpoint } = this.#config
    const action = `${verb} schema ${this.#schemaName} in registry ${registryName}`
    return runWithRetry(
      async () => {
        try {
          return await send(this.#signal === undefined ? {} : { abortSignal: this.#signal })
        } catch (thrown) {
          const region = await this.#client.config.region().catch(() => 'unknown')
          const subject = { action, service: 'Glue', region, ...(endpoint === undefined ? {} : { endpoint }) }
          throw awsFailure(thrown, subject, Date.now())
        }
      },
      {
        retryAfterMs: retryAfterMsOf,
        // Two producers that register at once.
        isRetryable: (error) => error.retryable || nameOf(error) === 'ConcurrentModificationException',
        ...this.#abortable,
      },
    )
  }

  get #schemaId(): Sdk.SchemaId {
    return { RegistryName: this.#config.registryName, SchemaName: this.#schemaName }
  }

  get #subject(): GlueSubject {
    const { registryName, register } = this.#config
    return { registryName, schemaName: this.#schemaName, register }
  }

  get #abortable() {
    return this.#signal === undefined ? {} : { signal: this.#signal }
  }

  #missing(thrown: unknown): TidewaterError | undefined {
    if (nameOf(thrown) !== 'EntityNotFoundException') return undefined
    return schemaMissing(this.#subject, thrown)
  }
}

function nameOf(thrown: unknown): string | undefined {
  return TidewaterError.isInstance(thrown) ? awsErrorName(thrown) : undefined
}
