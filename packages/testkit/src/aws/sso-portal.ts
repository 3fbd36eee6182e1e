import { randomBytes } from 'node:crypto'
import {
  CredentialAnswers,
  type CredentialSource,
  type CredentialSourceOptions,
  json,
} from './container-credentials.js'
import { type HttpAnswer, startLoopbackServer } from './loopback-server.js'

export interface SsoPortal extends CredentialSource {
  /** The access token of a sign-in, as `aws sso login` leaves it in the folder `.aws/sso/cache`. */
  signIn(): string
  /** Ends all sign-ins: from now on their tokens get nothing. */
  signOut(): void
}

/**
 * The portal of IAM Identity Center (SSO), where the token of a sign-in gets credentials of one role; `sessionName` is who
 * signed in, default `somebody`, and `durationSeconds` is 3,600 unless given, as of a permission set.
 * https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
 */
export async function startSsoPortal(options: CredentialSourceOptions): Promise<SsoPortal> {
  const { roleArn } = options
  const account = roleArn.split(':')[4]
  const role = roleArn.split('/').at(-1)
  const tokens = new Set<string | undefined>()
  const answers = new CredentialAnswers({ sessionName: 'somebody', durationSeconds: 3_600, ...options })
  const server = await startLoopbackServer(async ({ method, path, query, headers }) => {
    if (method !== 'GET' || path !== '/federation/credentials')
      return refusal(404, 'ResourceNotFoundException')
    // The request isn't signed: the token is all the proof there is.
    if (!tokens.has(headers['x-amz-sso_bearer_token'])) return refusal(401, 'UnauthorizedException')
    if (query.get('account_id') !== account || query.get('role_name') !== role)
      return refusal(403, 'ForbiddenException')
    return answers.next(({ AccessKeyId, SecretAccessKey, Token, Expiration = '' }) => ({
      roleCredentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: Token,
        // Milliseconds since the epoch, where other services write a date.
        expiration: Date.parse(Expiration),
      },
    }))
  })
  return {
    env: { AWS_ENDPOINT_URL_SSO: server.url },
    issued: () => answers.issued,
    failNext: (failure, times) => answers.failNext(failure, times),
    signIn() {
      const token = randomBytes(32).toString('base64url')
      tokens.add(token)
      return token
    },
    signOut: () => tokens.clear(),
    close: () => server.close(),
  }
}

function refusal(status: number, name: string): HttpAnswer {
  const { headers, ...answer } = json(status, { message: `${name}: no access` })
  return { ...answer, headers: { ...headers, 'x-amzn-errortype': name } }
}
