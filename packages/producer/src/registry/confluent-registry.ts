import { type CheckedSchema, messageOf, parseConfig, runWithRetry } from '@tidewater/core'
import { z } from 'zod'
import {
  noGuid,
  type RegisteredId,
  type RegistryQuestion,
  readRegisteredId,
  unreachable,
} from './confluent-answer.js'
import type { RecordFraming, SchemaRegistry } from './framing.js'
import { confluentHeader, confluentPrefix, valueSchemaIdHeader } from './wire-format.js'

const optionsSchema = z
  .strictObject({
    /** The registry's address, with its path if it has one (`schema.registry.url`), without user and password. */
    url: z.string(),
    /** User and password (`basic.auth.user.info`). Default: none. */
    basicAuth: z.strictObject({ username: z.string().min(1), password: z.string() }).optional(),
    /** Headers of each request, such as `authorization` with a bearer token. Default: none. */
    headers: z.record(z.string(), z.string()).optional(),
    /** Default: `<topic>-value`, which is Confluent's TopicNameStrategy. */
    subject: z.string().min(1).optional(),
    /** Registers the schema when the subject doesn't have it (`auto.register.schemas`). Default false: it is looked up. */
    register: z.boolean().default(false),
    /**
     * Where a record has its schema's id. `prefix`: five bytes before the value, which every reader of Confluent's format
     * knows. `header`: a GUID in the record header `__value_schema_id`, the value being plain Avro; newer registries and
     * readers only. Default `prefix`.
     */
    idIn: z.enum(['prefix', 'header']).default('prefix'),
    /** Longest wait for one answer; it is asked up to five times. Default 10,000. */
    requestTimeoutMs: z.int().min(100).max(300_000).default(10_000),
  })
  .superRefine(({ url, basicAuth, headers }, context) => {
    const issue = (path: string, message: string, input: unknown) =>
      context.addIssue({ code: 'custom', path: [path], message, input })
    if (!isHttpUrl(url)) {
      issue('url', 'must be a URL such as https://host:8081, without user and password', withoutSecrets(url))
    }
    if (basicAuth !== undefined && Object.keys(headers ?? {}).some((name) => /^authorization$/i.test(name))) {
      issue(
        'headers',
        'has authorization, which excludes basicAuth: give one of them',
        Object.keys(headers ?? {}),
      )
    }
  })

export type ConfluentRegistryOptions = z.input<typeof optionsSchema>
type Config = Readonly<z.output<typeof optionsSchema>>

const mediaType = 'application/vnd.schemaregistry.v1+json'

/**
 * A registry with Confluent's API: Confluent's own, Apicurio's (`…/apis/ccompat/v7`), Redpanda's, Karapace.
 *
 * Its `framing` rejects with a TidewaterError: `SCHEMA_NOT_REGISTERED` (not there, or not compatible), `SCHEMA_INVALID`,
 * `AUTHENTICATION_FAILED`, `AUTHORIZATION_FAILED`, `REGISTRY_REQUEST_FAILED`, `ABORTED`.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function confluentRegistry(options: ConfluentRegistryOptions): SchemaRegistry {
  const config = parseConfig(optionsSchema, options, 'Confluent registry')
  return { framing: (schema, topic, signal) => framing(config, schema, topic, signal) }
}

async function framing(
  config: Config,
  schema: CheckedSchema,
  topic: string,
  signal: AbortSignal | undefined,
): Promise<RecordFraming> {
  const { subject = `${topic}-value`, register, idIn } = config
  const path = `subjects/${encodeURIComponent(subject)}${register ? '/versions' : ''}`
  const url = `${config.url.replace(/\/+$/, '')}/${path}`
  const question = { url, subject, schemaName: schema.name, register }
  const body = JSON.stringify({ schema: JSON.stringify(schema.definition) })
  const { id, guid } = await runWithRetry(() => ask(config, question, body, signal), {
    ...(signal === undefined ? {} : { signal }),
  })
  if (idIn === 'prefix') return { prefix: confluentPrefix(id) }
  if (guid === undefined) throw noGuid(question)
  return { headers: { [valueSchemaIdHeader]: confluentHeader(guid) } }
}

async function ask(
  config: Config,
  question: RegistryQuestion,
  body: string,
  signal: AbortSignal | undefined,
): Promise<RegisteredId> {
  const limit = AbortSignal.timeout(config.requestTimeoutMs)
  let status: number
  let text: string
  try {
    const response = await fetch(question.url, {
      method: 'POST',
      headers: {
        ...config.headers,
        ...authorization(config.basicAuth),
        accept: mediaType,
        'content-type': mediaType,
      },
      body,
      // A redirected POST would arrive as a GET.
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    })
    status = response.status
    text = await response.text()
  } catch (thrown) {
    throw unreachable(question, reasonOf(thrown, limit, config.requestTimeoutMs), thrown)
  }
  return readRegisteredId(status, text, question)
}

function authorization(basicAuth: Config['basicAuth']): Record<string, string> {
  if (basicAuth === undefined) return {}
  const { username, password } = basicAuth
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}

/** `fetch` says of every failure that it failed; why is in its cause. */
function reasonOf(thrown: unknown, limit: AbortSignal, requestTimeoutMs: number): string {
  if (limit.aborted) return `nothing within ${requestTimeoutMs} ms (requestTimeoutMs)`
  const { cause } = thrown as { cause?: unknown }
  return messageOf(cause ?? thrown)
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

function withoutSecrets(url: string): string {
  return url.replace(/^.*@/s, '(hidden)@')
}
