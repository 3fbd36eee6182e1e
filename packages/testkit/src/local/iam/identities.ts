import { serviceHost, TidewaterError } from '@tidewater/core'
import { clusterAccount, isSessionOf, localClusterArn, sessionArn, userArn } from './arns.js'
import { newKeyPair, newSessionToken, type RandomBytes } from './credentials.js'
import type { IamDocument, IamIdentity } from './document.js'
import type { IamRole, IamSettings, IamUser } from './options.js'
import { kafkaPolicies, type PolicyDocument } from './policy.js'

/** AWS's own tolerance: a signature may be five minutes old or early. */
const maxClockSkewSeconds = 300

// An expired session stays known for a while, so that its holder is told of the expiry and not of an unknown key.
const expiredKeptMs = 3_600_000

/**
 * The configuration a stack starts with. Users that were there before keep their credentials, and the cluster its ARN,
 * unless the settings name others: who starts the stack again from its state folder finds what clients were told.
 */
export function planDocument(
  settings: IamSettings,
  files: { readonly decisionLogFile: string; readonly acceptedHosts: readonly string[] },
  previous: IamDocument | undefined,
  random: RandomBytes,
): IamDocument {
  const { region } = settings
  const known = previous?.region === region ? previous.clusterArn : undefined
  const clusterArn = settings.clusterArn ?? known ?? localClusterArn(region, uuidFrom(random(16)))
  const account = accountOf({ clusterArn, region })
  return {
    version: 1,
    region,
    clusterArn,
    acceptedHosts: [...files.acceptedHosts],
    serviceHosts: [serviceHost(region)],
    clockOffsetSeconds: settings.clockOffsetSeconds,
    maxClockSkewSeconds,
    sessionSeconds: settings.sessionSeconds,
    minSessionSeconds: settings.minSessionSeconds,
    connectionsPerSecond: settings.connectionsPerSecond,
    maxConnections: settings.maxConnections,
    acceptFractionalExpires: settings.acceptFractionalExpires,
    logAllowedAuthorizations: settings.logAllowedAuthorizations,
    identities: settings.users.map((user) => {
      const arn = userArn(region, account, user.name)
      const before = previous?.identities.find((identity) => identity.arn === arn)
      return newUser(arn, user, before ?? newKeyPair('user', random))
    }),
    decisionLogFile: files.decisionLogFile,
  }
}

/** @throws TidewaterError `CONFIG_INVALID` when a user of that name or key is there */
export function addUser(
  document: IamDocument,
  user: IamUser,
  random: RandomBytes,
): { readonly document: IamDocument; readonly identity: IamIdentity } {
  const arn = arnOfUser(document, user.name)
  const identity = newUser(arn, user, newKeyPair('user', random))
  const taken = document.identities.some((one) => one.arn === arn || one.accessKeyId === identity.accessKeyId)
  if (taken) throw invalid(`There is a user ${user.name}, or its access key, already`, 'Choose another name.')
  return { document: { ...document, identities: [...document.identities, identity] }, identity }
}

/** A session of a role: credentials that end, as `sts:AssumeRole` gives them. */
export function addSession(
  document: IamDocument,
  role: IamRole,
  session: { readonly name: string; readonly durationSeconds: number; readonly nowMs: number },
  random: RandomBytes,
): { readonly document: IamDocument; readonly identity: IamIdentity } {
  const identity: IamIdentity = {
    arn: sessionArn(document.region, accountOf(document), role.name, session.name),
    ...newKeyPair('session', random),
    sessionToken: newSessionToken(random),
    expiresAt: new Date(session.nowMs + session.durationSeconds * 1_000).toISOString(),
    policies: kafkaPolicies(role.policies),
  }
  const known = document.identities.filter(
    ({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > session.nowMs - expiredKeptMs,
  )
  return { document: { ...document, identities: [...known, identity] }, identity }
}

/** Replaces the policies of a user, or of all sessions of a role. */
export function setPolicies(
  document: IamDocument,
  identity: { readonly kind: 'user' | 'role'; readonly name: string },
  policies: readonly PolicyDocument[],
): IamDocument {
  const { kind, name } = identity
  const user = arnOfUser(document, name)
  const concerns = ({ arn }: IamIdentity) => (kind === 'user' ? arn === user : isSessionOf(name, arn))
  if (kind === 'user' && !document.identities.some(concerns)) throw unknownUser(name)
  return {
    ...document,
    identities: document.identities.map((one) =>
      concerns(one) ? { ...one, policies: kafkaPolicies(policies) } : one,
    ),
  }
}

/** Takes an access key away: what AWS does with a deleted or deactivated key. */
export function revoke(document: IamDocument, accessKeyId: string): IamDocument {
  const identities = document.identities.filter((identity) => identity.accessKeyId !== accessKeyId)
  if (identities.length === document.identities.length)
    throw invalid(`No identity has the access key ${accessKeyId}`, 'Give one that the stack handed out.')
  return { ...document, identities }
}

/** @throws TidewaterError `CONFIG_INVALID` */
export function userOf(document: IamDocument, name: string): IamIdentity {
  const arn = arnOfUser(document, name)
  const found = document.identities.find((identity) => identity.arn === arn)
  if (found === undefined) throw unknownUser(name)
  return found
}

function newUser(arn: string, user: IamUser, fallback: ReturnType<typeof newKeyPair>): IamIdentity {
  return {
    arn,
    accessKeyId: user.accessKeyId ?? fallback.accessKeyId,
    secretAccessKey: user.secretAccessKey ?? fallback.secretAccessKey,
    policies: kafkaPolicies(user.policies),
  }
}

function arnOfUser(document: IamDocument, name: string): string {
  return userArn(document.region, accountOf(document), name)
}

function accountOf({ clusterArn, region }: Pick<IamDocument, 'clusterArn' | 'region'>): string {
  const account = clusterAccount(clusterArn, region)
  if (account === undefined) throw invalid(`${clusterArn} is no cluster of ${region}`, 'Correct clusterArn.')
  return account
}

function uuidFrom(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function unknownUser(name: string): TidewaterError {
  return invalid(`The local broker knows no user ${name}`, 'Name one of the option `users`, or add it first.')
}

function invalid(message: string, remedy: string): TidewaterError {
  return new TidewaterError('CONFIG_INVALID', message, { remedy })
}
