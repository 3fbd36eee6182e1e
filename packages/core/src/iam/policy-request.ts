import { z } from 'zod'
import { parseConfig } from '../config/parse.js'

/** Who a policy can be made for. */
export const policyRoles = [
  'producer',
  'idempotent-producer',
  'consumer',
  'spark-job',
  'topic-admin',
  'maintenance',
] as const

export type PolicyRole = (typeof policyRoles)[number]

const clusterArn = z.string('the ARN of the MSK cluster is needed')
/** Names, or prefixes that end in `*`. */
const topics = nonEmpty(z.string(), 'topic')

const table = z.strictObject({
  database: z.string(),
  name: z.string(),
  /** Where its files are, as `s3://bucket/prefix`. Default `<warehouse>/<database>.db/<name>`, as Iceberg puts it. */
  location: z.string().optional(),
})

const storage = {
  /** Iceberg tables in Glue; a job's dead-letter table is one of them. */
  tables: nonEmpty(table, 'table'),
  /** Warehouse of the Iceberg catalog, `s3://bucket/prefix`; needed by tables without a `location`. */
  warehouse: z.string().optional(),
  /** The Glue catalog, `arn:aws:glue:<region>:<account>:catalog`. Default: that of the cluster's account and region. */
  catalogArn: z.string().optional(),
  /** Folders the job's code and documents are read from, `s3://bucket/prefix`. */
  artifacts: z.array(z.string()).readonly().default([]),
  /** Folder EMR writes logs to, `s3://bucket/prefix`. */
  logs: z.string().optional(),
  /** Keys the buckets are encrypted with (SSE-KMS). */
  kmsKeyArns: z.array(z.string()).readonly().default([]),
}

const shapes = {
  producer: { clusterArn, topics },
  'idempotent-producer': {
    clusterArn,
    topics,
    /** Transactional ids, or prefixes that end in `*`. Default none: no transactions. */
    transactionalIds: z.array(z.string()).readonly().default([]),
  },
  consumer: {
    clusterArn,
    topics,
    /** Group ids, or prefixes that end in `*`. */
    groups: nonEmpty(z.string(), 'group'),
  },
  'spark-job': {
    clusterArn,
    topics,
    /** The Kafka source's `groupIdPrefix`. Default: the prefixes Spark makes up. */
    groupIdPrefix: z.string().optional(),
    ...storage,
    /** `checkpointLocation`, `s3://bucket/prefix`. */
    checkpoint: z.string('the checkpoint of the job is needed'),
    /** `stop.markerLocation`, `s3://bucket/key`. */
    stopMarker: z.string().optional(),
  },
  'topic-admin': {
    clusterArn,
    topics,
    /** Whether topics may be deleted. Default false. */
    allowDelete: z.boolean().default(false),
  },
  maintenance: {
    /** Only says partition, region and account of the Glue catalog; maintenance never talks to Kafka. */
    clusterArn: clusterArn.optional(),
    ...storage,
    /** When Athena runs the statements; without it Spark does. */
    athena: z
      .strictObject({
        workgroup: z.string(),
        /** The workgroup's query result location, `s3://bucket/prefix`. */
        results: z.string(),
      })
      .optional(),
  },
} as const satisfies Record<PolicyRole, z.ZodRawShape>

function schemaOf<R extends PolicyRole>(role: R) {
  const shape = { role: z.literal(role), ...shapes[role] }
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `the role ${role} has no ${issue.keys?.join(', ')}; it takes ${Object.keys(shapes[role]).join(', ')}`
        : undefined,
  })
}

const policyRequestSchema = z.discriminatedUnion(
  'role',
  [
    schemaOf('producer'),
    schemaOf('idempotent-producer'),
    schemaOf('consumer'),
    schemaOf('spark-job'),
    schemaOf('topic-admin'),
    schemaOf('maintenance'),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union' ? `role must be one of ${policyRoles.join(', ')}` : undefined,
  },
)

/** What a policy is wanted for: the role, and exactly the resources it works on. */
export type PolicyRequest = z.input<typeof policyRequestSchema>

type Parsed = z.output<typeof policyRequestSchema>

/** A request of one role, with its defaults. */
export type ParsedRequest<R extends PolicyRole = PolicyRole> = Extract<Parsed, { role: R }>

/** @throws TidewaterError `CONFIG_INVALID` naming each wrong option; ARNs and names are checked where they are used */
export function parsePolicyRequest(input: unknown): ParsedRequest {
  return parseConfig(policyRequestSchema, input, 'IAM policy request')
}

function nonEmpty<T extends z.ZodType>(item: T, what: string) {
  const problem = `at least one ${what} is needed`
  return z
    .array(item, { error: ({ input }) => (input === undefined ? problem : undefined) })
    .min(1, problem)
    .readonly()
}
