import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseConfig, TidewaterError } from '@tidewater/core'
import { type Decision, parseDecisions } from './decisions.js'
import type { IamDocument, IamIdentity } from './document.js'
import { hideSecrets } from './hide-secrets.js'
import { writeIamFiles } from './iam-files.js'
import { addSession, addUser, revoke, setPolicies, userOf } from './identities.js'
import {
  type IamRole,
  type IamUserInput,
  sessionDurationSchema,
  sessionNameSchema,
  userSchema,
} from './options.js'
import type { IamPaths } from './paths.js'
import { type PolicyDocument, policiesSchema } from './policy.js'

/** Credentials of a user: they do not end. `util.inspect` hides the secret. */
export interface UserCredentials {
  /** The principal at the broker. */
  readonly arn: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Credentials of a role's session, in the shape the AWS SDK for JavaScript takes. `util.inspect` hides the secrets. */
export interface TemporaryCredentials extends UserCredentials {
  readonly sessionToken: string
  readonly expiration: Date
}

export interface AssumeRoleOptions {
  /** Part of the principal: a client that authenticates again under another name is refused, as on MSK. Default `local`. */
  readonly sessionName?: string
  /** Default: the role's `sessionSeconds`. 1 to 43,200. */
  readonly durationSeconds?: number
}

/** Where a client finds the IAM listener and what it trusts. */
export interface IamEndpoint {
  readonly port: number
  /** `localhost:<port>`. */
  readonly bootstrapBrokers: string
  readonly region: string
  readonly clusterArn: string
  /** PEM: Node's `ca`, NODE_EXTRA_CA_CERTS, librdkafka's `ssl.ca.location`. */
  readonly caFile: string
  /** JKS: `ssl.truststore.location` or `-Djavax.net.ssl.trustStore`. */
  readonly trustStoreFile: string
  readonly trustStorePassword: string
  /** The users as profiles, for AWS_SHARED_CREDENTIALS_FILE. Readable by its owner alone. */
  readonly credentialsFile: string
  /** Of the first user. */
  readonly accessKeyId: string
}

/**
 * The IAM side of a local stack. What changes identities or policies resolves when it is written. Who authenticates from then
 * on is judged by it; the requests of those who are in, by the policies of the moment, after 200 ms at most.
 */
export interface LocalIam extends IamEndpoint {
  /** Of the first user. `util.inspect` hides it. */
  readonly secretAccessKey: string
  /** @throws TidewaterError `CONFIG_INVALID` when there is no such user */
  user(name: string): UserCredentials
  /** What the broker has decided since the stack's start, oldest first. */
  decisions(): Promise<Decision[]>
  /** @throws TidewaterError `CONFIG_INVALID`, also when there is such a user already */
  addUser(user: IamUserInput): Promise<UserCredentials>
  /**
   * Credentials of a role that was named at the start, as `sts:AssumeRole` gives them.
   *
   * @throws TidewaterError `CONFIG_INVALID`
   */
  assumeRole(roleName: string, options?: AssumeRoleOptions): Promise<TemporaryCredentials>
  /**
   * Replaces the policies of a user, or of a role and all its sessions.
   *
   * @param identity `user/<name>` or `role/<name>`
   * @throws TidewaterError `CONFIG_INVALID`
   */
  setPolicies(identity: string, policies: readonly PolicyDocument[]): Promise<void>
  /**
   * Takes an access key away. Nobody can authenticate with it any more.
   *
   * @throws TidewaterError `CONFIG_INVALID` when no identity has it
   */
  revoke(accessKeyId: string): Promise<void>
}

/**
 * @param requireRunning throws when the stack was stopped
 * @param first the configuration that is in the file
 */
export function localIam(
  endpoint: IamEndpoint,
  paths: IamPaths,
  first: IamDocument,
  roleList: readonly IamRole[],
  requireRunning: () => void,
): LocalIam {
  const roles = new Map(roleList.map((role) => [role.name, role]))
  let document = first
  let tail: Promise<unknown> = Promise.resolve()

  // One after the other: each starts from what the one before it has written.
  const change = <T>(decide: () => { readonly document: IamDocument; readonly result: T }): Promise<T> => {
    const work = async () => {
      requireRunning()
      const decided = decide()
      await writeIamFiles(paths, decided.document)
      document = decided.document
      return decided.result
    }
    const done = tail.then(work, work)
    tail = done
    return done
  }

  const secretAccessKey = document.identities.find(
    ({ accessKeyId }) => accessKeyId === endpoint.accessKeyId,
  )?.secretAccessKey
  if (secretAccessKey === undefined)
    throw new TidewaterError('INTERNAL', `${paths.configFile} does not hold the stack's own user`)

  const iam: LocalIam = {
    ...endpoint,
    secretAccessKey,
    user: (name) => credentialsOf(userOf(document, name)),
    async decisions() {
      return parseDecisions(await readFile(paths.decisionLogFile, 'utf8'), paths.decisionLogFile)
    },
    addUser: async (input) => {
      const user = parseConfig(userSchema, input, 'user')
      return change(() => {
        const added = addUser(document, user, randomBytes)
        return { document: added.document, result: credentialsOf(added.identity) }
      })
    },
    assumeRole: async (roleName, options = {}) => {
      const name = parseConfig(sessionNameSchema, options.sessionName ?? 'local', 'sessionName')
      return change(() => {
        const role = requireRole(roles, roleName)
        const durationSeconds = parseConfig(
          sessionDurationSchema,
          options.durationSeconds ?? role.sessionSeconds,
          'durationSeconds',
        )
        const session = { name, durationSeconds, nowMs: Date.now() }
        const added = addSession(document, role, session, randomBytes)
        return { document: added.document, result: temporaryCredentialsOf(added.identity) }
      })
    },
    setPolicies: async (identity, policies) => {
      const parsed = parseConfig(policiesSchema, policies, `policies of ${identity}`)
      const [kind, name = ''] = identity.split('/')
      if (kind !== 'user' && kind !== 'role')
        throw new TidewaterError('CONFIG_INVALID', `${identity} is neither a user nor a role`, {
          remedy: 'Write user/<name> or role/<name>.',
        })
      return change(() => {
        if (kind === 'role') roles.set(name, { ...requireRole(roles, name), policies: parsed })
        return { document: setPolicies(document, { kind, name }, parsed), result: undefined }
      })
    },
    revoke: async (accessKeyId) =>
      change(() => ({ document: revoke(document, accessKeyId), result: undefined })),
  }
  return hideSecrets(iam, ['secretAccessKey'])
}

function requireRole(roles: ReadonlyMap<string, IamRole>, name: string): IamRole {
  const role = roles.get(name)
  if (role !== undefined) return role
  throw new TidewaterError('CONFIG_INVALID', `The local stack was started without a role ${name}`, {
    remedy: 'Name it in the option iam.roles.',
    details: { roles: [...roles.keys()] },
  })
}

function credentialsOf({ arn, accessKeyId, secretAccessKey }: IamIdentity): UserCredentials {
  return hideSecrets({ arn, accessKeyId, secretAccessKey }, ['secretAccessKey'])
}

function temporaryCredentialsOf(identity: IamIdentity): TemporaryCredentials {
  const { arn, accessKeyId, secretAccessKey, sessionToken = '', expiresAt = '' } = identity
  return hideSecrets({ arn, accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiresAt) }, [
    'secretAccessKey',
    'sessionToken',
  ])
}
