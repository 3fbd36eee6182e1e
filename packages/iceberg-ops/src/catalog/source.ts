import { type AwsClientOptions, awsClientOptionsSchema, parseConfig } from '@tidewater/core'
import { z } from 'zod'

const namespace = z.string().regex(/^[^.]+(\.[^.]+)*$/, 'must be one level or several, such as a.b')
const tableName = z.string().min(1)

const metadataSourceSchema = z.strictObject({
  type: z.literal('metadata'),
  /** Of a metadata file: `s3://…/metadata/00003-….metadata.json`, or a path. */
  location: z.string().min(1),
})

const hadoopSourceSchema = z.strictObject({
  type: z.literal('hadoop'),
  /** The catalog's root (`warehouse`). */
  warehouse: z.string().min(1),
  /** Levels are separated by dots. */
  namespace,
  name: tableName,
})

const glueSourceSchema = awsClientOptionsSchema.extend({
  type: z.literal('glue'),
  /** Database of the table. */
  database: z.string().min(1).max(255),
  name: tableName.max(255),
  /** Account of the catalog (`glue.id`). Default: the caller's. */
  catalogId: z.string().min(1).optional(),
})

const restSourceSchema = z
  .strictObject({
    type: z.literal('rest'),
    /** Of the catalog, without `/v1`, user and password. */
    uri: z.string(),
    /** Default: the catalog's own. */
    warehouse: z.string().min(1).optional(),
    /** Path between `/v1` and `/namespaces`. Default: as the catalog's configuration says. */
    prefix: z.string().min(1).optional(),
    /** Levels are separated by dots. */
    namespace,
    name: tableName,
    /** Bearer token. Excludes `oauth2`. Default: none. */
    token: z.string().min(1).optional(),
    /** Client credentials, exchanged for a token. */
    oauth2: z
      .strictObject({
        /** `id:secret`, or the secret alone (`credential`). */
        credential: z.string().min(1),
        /** Default `catalog`. */
        scope: z.string().min(1).default('catalog'),
        /** Where tokens are given out (`oauth2-server-uri`). Default: the catalog's `/v1/oauth/tokens`. */
        serverUri: z.string().optional(),
      })
      .optional(),
    /** Of every request. Default: none. */
    headers: z.record(z.string(), z.string()).default({}),
    /** Longest wait for one answer; it is asked up to five times. Default 30,000. */
    requestTimeoutMs: z.int().min(100).max(900_000).default(30_000),
  })
  .superRefine(({ uri, token, oauth2 }, context) => {
    const issue = (path: string[], message: string, input: unknown) =>
      context.addIssue({ code: 'custom', path, message, input })
    const checkUrl = (path: string[], text: string | undefined) => {
      if (text !== undefined && !isHttpUrl(text))
        issue(
          path,
          'must be a URL such as https://host/path, without user and password',
          withoutSecrets(text),
        )
    }
    checkUrl(['uri'], uri)
    checkUrl(['oauth2', 'serverUri'], oauth2?.serverUri)
    if (token !== undefined && oauth2 !== undefined)
      issue(['oauth2'], 'excludes token: give one of them', Object.keys(oauth2))
  })

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

function withoutSecrets(url: string): string {
  return url.replace(/^.*@/s, '(hidden)@')
}

const sourceSchema = z.discriminatedUnion('type', [
  metadataSourceSchema,
  hadoopSourceSchema,
  glueSourceSchema,
  restSourceSchema,
])

export type MetadataSource = z.input<typeof metadataSourceSchema>
export type HadoopSource = z.input<typeof hadoopSourceSchema>
export type GlueSource = AwsClientOptions & {
  readonly type: 'glue'
  readonly database: string
  readonly name: string
  readonly catalogId?: string
}
export type RestSource = z.input<typeof restSourceSchema>

/** Where a table's current metadata is found. */
export type TableSource = MetadataSource | HadoopSource | GlueSource | RestSource

export type HadoopConfig = z.output<typeof hadoopSourceSchema>
export type GlueConfig = z.output<typeof glueSourceSchema>
export type RestConfig = z.output<typeof restSourceSchema>

/** @throws TidewaterError `CONFIG_INVALID` */
export function checkSource(source: TableSource): z.output<typeof sourceSchema> {
  return parseConfig(sourceSchema, source, 'table source')
}
