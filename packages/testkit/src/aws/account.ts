import { randomBytes } from 'node:crypto'
import { partitionOf, TidewaterError } from '@tidewater/core'
import { newKeyPair, newSessionToken } from '../local/iam/credentials.js'
import type { LocalIam } from '../local/iam/local-iam.js'
import type { AwsIdentity } from './service.js'
import type { IssueCredentials } from './temporary-credentials.js'

/** Who may call the services of an endpoint. */
export interface AwsAccount {
  readonly region: string
  readonly accountId: string
  readonly identityOf: (accessKeyId: string) => AwsIdentity | undefined
  /** Makes temporary credentials that the account knows from then on. */
  readonly issue: IssueCredentials
}

/** An account with a user whose credentials are handed out. */
export interface OwnedAccount extends AwsAccount {
  readonly user: AwsIdentity
  /** The users as profiles. */
  readonly credentialsFile: string
}

/** The parts of a local stack's IAM that AWS's own services would know. */
export type StackIam = Pick<LocalIam, 'region' | 'clusterArn' | 'bootstrapBrokers' | 'user' | 'assumeRole'>

/** The account of a stack with IAM: its users named here, and its roles; the broker knows the same. */
export function stackAccount(iam: StackIam, users: readonly string[]): AwsAccount {
  const { identities, identityOf } = identityMap(users.map((name) => iam.user(name)))
  return {
    region: iam.region,
    accountId: iam.clusterArn.split(':')[4] ?? '',
    identityOf,
    issue: async ({ roleArn, sessionName, durationSeconds }) => {
      try {
        const role = roleArn.split('/').at(-1) ?? ''
        const issued = await iam.assumeRole(role, { sessionName, durationSeconds })
        const { arn, accessKeyId, secretAccessKey, sessionToken, expiration } = issued
        const expiresAt = expiration.toISOString()
        identities.set(accessKeyId, { arn, accessKeyId, secretAccessKey, sessionToken, expiresAt })
        return { arn, accessKeyId, secretAccessKey, sessionToken, expiration }
      } catch (error) {
        // The stack doesn't know the role. AWS doesn't tell whether there is one: it denies.
        if (TidewaterError.isInstance(error) && error.code === 'CONFIG_INVALID') {
          return {
            denied: `not authorized to perform: sts:AssumeRole on resource: ${roleArn} (${error.message})`,
          }
        }
        throw error
      }
    },
  }
}

/** The same with its first user as the one whose credentials are handed out. */
export function ownedStackAccount(iam: LocalIam, users: readonly string[]): OwnedAccount {
  const [first = 'local'] = users
  return { ...stackAccount(iam, users), user: iam.user(first), credentialsFile: iam.credentialsFile }
}

/** An account with one user, in which every role can be assumed. */
export function openAccount(region: string, accountId: string, user: AwsIdentity): AwsAccount {
  const { identities, identityOf } = identityMap([user])
  return {
    region,
    accountId,
    identityOf,
    issue: ({ roleArn, sessionName, durationSeconds }) => {
      const [, , , , account = accountId, resource = ''] = roleArn.split(':')
      const issued = {
        arn: `arn:${partitionOf(region)}:sts::${account}:assumed-role/${resource.split('/').at(-1)}/${sessionName}`,
        ...newKeyPair('session', randomBytes),
        sessionToken: newSessionToken(randomBytes),
        expiration: new Date(Date.now() + durationSeconds * 1_000),
      }
      const { expiration, ...identity } = issued
      identities.set(issued.accessKeyId, { ...identity, expiresAt: expiration.toISOString() })
      return issued
    },
  }
}

function identityMap(users: readonly AwsIdentity[]) {
  const identities = new Map<string, AwsIdentity>()
  for (const { arn, accessKeyId, secretAccessKey } of users) {
    identities.set(accessKeyId, { arn, accessKeyId, secretAccessKey })
  }
  return { identities, identityOf: (accessKeyId: string) => identities.get(accessKeyId) }
}
