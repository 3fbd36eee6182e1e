import { z } from 'zod'
import { clusterAccount } from './arns.js'
import { policiesSchema } from './policy.js'

// The characters IAM allows in names of users, roles and sessions.
const name = z.string().regex(/^[\w+=,.@-]{1,64}$/, 'must be 1 to 64 letters, digits or any of _+=,.@-')

export const userSchema = z
  .strictObject({
    /** The user's principal at the broker is `arn:<partition>:iam::<account>:user/<name>`. */
    name,
    /** What the user may do: an empty list allows nothing. */
    policies: policiesSchema,
    /** 16 to 128 letters and digits. Default: a random one. Only together with `secretAccessKey`. */
    accessKeyId: z.string().optional(),
    /** At least 16 characters. Default: a random one. */
    secretAccessKey: z.string().optional(),
  })
  // Checked here and not at the fields, because a message about a field shows its value.
  .superRefine(({ accessKeyId, secretAccessKey }, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message, path: ['accessKeyId'] })
    if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
      refuse('must be given together with secretAccessKey')
    else if (accessKeyId !== undefined && !/^\w{16,128}$/.test(accessKeyId))
      refuse('must be 16 to 128 letters and digits')
    else if (secretAccessKey !== undefined && !/^[\x21-\x7e]{16,128}$/.test(secretAccessKey))
      refuse('needs a secretAccessKey of 16 to 128 characters without blanks')
  })

export const roleSchema = z.strictObject({
  name,
  /** What a session of the role may do. */
  policies: policiesSchema,
  /** How long credentials of the role are valid unless `assumeRole` says otherwise, in seconds. Default 3,600. */
  sessionSeconds: z.int().min(1).max(43_200).default(3_600),
})

export const sessionNameSchema = z
  .string()
  .regex(/^[\w+=,.@-]{2,64}$/, 'must be 2 to 64 letters, digits or any of _+=,.@-')

/** How long credentials of a role are valid, in seconds. AWS allows 900 at least; a test wants to see them expire. */
export const sessionDurationSchema = z.int().min(1).max(43_200)

const allowEverything = {
  Version: '2012-10-17' as const,
  Statement: [{ Effect: 'Allow' as const, Action: 'kafka-cluster:*', Resource: '*' }],
}

/** How the local broker plays MSK with IAM. */
export const iamOptionsSchema = z
  .strictObject({
    /** Port of the IAM listener on 127.0.0.1. Default: a free one. */
    port: z.int().min(1).max(65_535).optional(),
    /** Default: one user, `local`, who may do everything. The first one's credentials are those the stack hands out. */
    users: z
      .array(userSchema)
      .min(1)
      .readonly()
      .default(() => [{ name: 'local', policies: [allowEverything] }]),
    /** Roles for `assumeRole`. Default: none. */
    roles: z.array(roleSchema).readonly().default([]),
    /** Region that clients sign for. Default `us-east-1`. */
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as us-east-1')
      .default('us-east-1'),
    /**
     * Longest session before a client has to authenticate again (KIP-368), in seconds; it ends with the token and with the
     * credentials, too. null: no limit of its own. Default 3,600.
     */
    sessionSeconds: z.int().min(1).max(43_200).nullable().default(3_600),
    /** A session that would be shorter is refused as too short, in seconds. Default 5. */
    minSessionSeconds: z.int().min(0).max(3_600).default(5),
    /** Added to the broker's clock, in seconds: 600 makes every client look ten minutes slow. Default 0. */
    clockOffsetSeconds: z.int().min(-86_400).max(86_400).default(0),
    /** New connections per second; beyond them clients are refused ("Too many connects"). MSK's own, and default: 100. */
    connectionsPerSecond: z.int().min(1).max(100_000).default(100),
    /** Connections at once. MSK's own, and default: 3,000. */
    maxConnections: z.int().min(1).max(100_000).default(3_000),
    /** Whether a token's `X-Amz-Expires` may have a fraction, which MSK refuses. Default false. */
    acceptFractionalExpires: z.boolean().default(false),
    /** Whether decisions hold every request that was allowed, or only those denied: a log of what is produced grows fast. Default true. */
    logAllowedAuthorizations: z.boolean().default(true),
    /** The cluster that policies name. Default: one in account 123456789012, the same as long as the state folder stays. */
    clusterArn: z.string().optional(),
    /** How long the certificates made at the first start are valid, in days. Default 365. */
    certificateDays: z.int().min(1).max(3_650).default(365),
  })
  .superRefine((options, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: [path] })
    if (repeats(options.users.map((user) => user.name))) refuse('users', 'must have different names')
    if (repeats(options.users.flatMap(({ accessKeyId }) => accessKeyId ?? [])))
      refuse('users', 'must have different access keys')
    if (repeats(options.roles.map((role) => role.name))) refuse('roles', 'must have different names')
    if (options.sessionSeconds !== null && options.sessionSeconds < options.minSessionSeconds)
      refuse('sessionSeconds', `must not be below minSessionSeconds (${options.minSessionSeconds})`)
    if (options.clusterArn !== undefined && clusterAccount(options.clusterArn, options.region) === undefined)
      refuse(
        'clusterArn',
        `must be arn:<partition>:kafka:${options.region}:<account>:cluster/<name>/<uuid> of the region's partition`,
      )
  })

function repeats(values: readonly string[]): boolean {
  return new Set(values).size < values.length
}

export type IamUserInput = Readonly<z.input<typeof userSchema>>
export type IamRoleInput = Readonly<z.input<typeof roleSchema>>
export type IamOptions = Readonly<z.input<typeof iamOptionsSchema>>
export type IamSettings = Readonly<z.output<typeof iamOptionsSchema>>
export type IamUser = Readonly<z.output<typeof userSchema>>
export type IamRole = Readonly<z.output<typeof roleSchema>>
