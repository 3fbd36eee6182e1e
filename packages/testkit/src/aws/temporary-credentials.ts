import type { TemporaryCredentials } from '../local/iam/local-iam.js'

export type { TemporaryCredentials }

/** What temporary credentials are asked for. */
export interface CredentialsRequest {
  readonly roleArn: string
  readonly sessionName: string
  readonly durationSeconds: number
  /** Who asks; undefined with a web identity, a container or an instance. */
  readonly callerArn?: string
  readonly externalId?: string
  /** The token of AssumeRoleWithWebIdentity. */
  readonly webIdentityToken?: string
}

/** Why no credentials are given; the service answers AccessDenied with it. */
export interface RefusedCredentials {
  readonly denied: string
}

/** Makes temporary credentials that the identities' owner knows from then on. */
export type IssueCredentials = (
  request: CredentialsRequest,
) => TemporaryCredentials | RefusedCredentials | Promise<TemporaryCredentials | RefusedCredentials>
