import { parseConfig, TidewaterError } from '@tidewater/core'
import { z } from 'zod'
import { policiesSchema } from './policy.js'

/** One who may authenticate: a user, or a session of a role, which has a session token and an end. */
const identitySchema = z.object({
  arn: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string().optional(),
  /** ISO 8601. */
  expiresAt: z.string().optional(),
  policies: policiesSchema,
})

/** iam.json: what the broker's IAM plugin is configured with. */
const documentSchema = z.object({
  version: z.literal(1),
  region: z.string(),
  clusterArn: z.string(),
  /** Hosts a client may have signed with AWS_MSK_IAM, which signs the host it connects to. */
  acceptedHosts: z.array(z.string()),
  /** Hosts of the URLs that are OAUTHBEARER tokens. */
  serviceHosts: z.array(z.string()),
  clockOffsetSeconds: z.number(),
  maxClockSkewSeconds: z.number(),
  sessionSeconds: z.number().nullable(),
  minSessionSeconds: z.number(),
  connectionsPerSecond: z.number(),
  maxConnections: z.number(),
  acceptFractionalExpires: z.boolean(),
  logAllowedAuthorizations: z.boolean(),
  identities: z.array(identitySchema).readonly(),
  decisionLogFile: z.string(),
})

export type IamIdentity = Readonly<z.output<typeof identitySchema>>
export type IamDocument = Readonly<z.output<typeof documentSchema>>

export function renderDocument(document: IamDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

/** @throws TidewaterError `CONFIG_INVALID` naming the file, never what is in it */
export function parseDocument(text: string, file: string): IamDocument {
  try {
    return parseConfig(documentSchema, JSON.parse(text), file)
  } catch {
    // Neither the text nor the cause goes into the error: they may hold secrets.
    throw new TidewaterError('CONFIG_INVALID', `${file} is no IAM configuration of a local broker`, {
      remedy: `Remove ${file}, and the users and credentials in it are made anew.`,
    })
  }
}

/**
 * The users as an AWS shared credentials file: what a program needs to be one of them. The first is the profile
 * `default`, and each has one of its own name.
 */
export function renderCredentials(document: IamDocument): string {
  const users = document.identities.filter(({ sessionToken }) => sessionToken === undefined)
  return users
    .flatMap((user, index) => {
      const profiles = [...(index === 0 ? ['default'] : []), user.arn.slice(user.arn.lastIndexOf('/') + 1)]
      return [...new Set(profiles)].map((profile) =>
        [
          `[${profile}]`,
          `aws_access_key_id = ${user.accessKeyId}`,
          `aws_secret_access_key = ${user.secretAccessKey}`,
          '',
        ].join('\n'),
      )
    })
    .join('\n')
}
