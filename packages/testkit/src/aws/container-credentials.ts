import { randomBytes } from 'node:crypto'
import { type HttpAnswer, startLoopbackServer } from './loopback-server.js'
import type { CredentialsRequest, IssueCredentials } from './temporary-credentials.js'

export interface CredentialSourceOptions {
  readonly issue: IssueCredentials
  readonly roleArn: string
  /** Default `task` on a container, `i-0123456789abcdef0` on an instance, as AWS names the sessions. */
  readonly sessionName?: string
  /** What the source says credentials last; `issue` has the last word. Default 21,600, as on ECS. */
  readonly durationSeconds?: number
}

export interface CredentialSource {
  /** What a process needs in its environment so that the AWS SDK finds the source. */
  readonly env: Readonly<Record<string, string>>
  /** How many times credentials were given. */
  issued(): number
  /** Makes the next requests for credentials fail with this status, or end without an answer. */
  failNext(failure: number | 'disconnect', times?: number): void
  close(): Promise<void>
}

/** The credentials endpoint of ECS tasks and EKS pods, found through AWS_CONTAINER_CREDENTIALS_FULL_URI. */
export async function startContainerCredentials(options: CredentialSourceOptions): Promise<CredentialSource> {
  const authorizationToken = randomBytes(16).toString('hex')
  const answers = new CredentialAnswers({ sessionName: 'task', ...options })
  const server = await startLoopbackServer(async ({ method, path, headers }) => {
    if (method !== 'GET' || path !== '/v1/credentials') return json(404, { message: 'not found' })
    if (headers.authorization !== authorizationToken)
      return json(401, { message: 'wrong authorization token' })
    return answers.next((credentials) => ({ RoleArn: options.roleArn, ...credentials }))
  })
  return {
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: authorizationToken,
    },
    issued: () => answers.issued,
    failNext: (failure, times) => answers.failNext(failure, times),
    close: () => server.close(),
  }
}

/** What containers and instances have in common: credentials as JSON, or the failures that are due. */
export class CredentialAnswers {
  issued = 0
  readonly #issue: IssueCredentials
  readonly #request: CredentialsRequest
  readonly #failures: (number | 'disconnect')[] = []

  constructor({
    issue,
    roleArn,
    sessionName,
    durationSeconds = 21_600,
  }: CredentialSourceOptions & { sessionName: string }) {
    this.#issue = issue
    this.#request = { roleArn, sessionName, durationSeconds }
  }

  failNext(failure: number | 'disconnect', times = 1): void {
    this.#failures.push(...Array.from({ length: times }, () => failure))
  }

  async next(document: (credentials: Record<string, string>) => unknown): Promise<HttpAnswer | 'disconnect'> {
    const failure = this.#failures.shift()
    if (failure === 'disconnect') return failure
    if (failure !== undefined)
      return json(failure, { code: 'Failure', message: `injected status ${failure}` })
    const issued = await this.#issue(this.#request)
    if ('denied' in issued) return json(403, { code: 'AccessDenied', message: issued.denied })
    this.issued += 1
    return json(
      200,
      document({
        AccessKeyId: issued.accessKeyId,
        SecretAccessKey: issued.secretAccessKey,
        Token: issued.sessionToken,
        Expiration: issued.expiration.toISOString(),
      }),
    )
  }
}

export function json(status: number, body: unknown): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
