import { messageOf, TidewaterError } from '../errors.js'
import type { AwsCredentials, AwsCredentialsProvider } from './options.js'
import {
  type CredentialsWindow,
  planCredentials,
  planToken,
  refreshRetryDelayMs,
  type TokenPolicy,
} from './token-plan.js'

export interface CachePorts {
  nowMs(): number
  /** 0 to 1, below 1. */
  random(): number
}

interface Held extends CredentialsWindow {
  readonly credentials: AwsCredentials
  readonly jitter: number
}

/**
 * One set of credentials for everyone who signs: refreshed ahead of its end, by one call at a time however many brokers
 * ask, and kept while a source that fails is tried again.
 */
export class CredentialsCache {
  readonly #provider: AwsCredentialsProvider
  readonly #policy: TokenPolicy & { readonly credentialsTimeoutMs: number }
  readonly #ports: CachePorts
  #held: Held | undefined
  #refresh: Promise<Held> | undefined
  #failures = 0
  #retryAtMs = Number.NEGATIVE_INFINITY
  #refreshes = 0

  constructor(
    provider: AwsCredentialsProvider,
    policy: TokenPolicy & { readonly credentialsTimeoutMs: number },
    ports: CachePorts,
  ) {
    this.#provider = provider
    this.#policy = policy
    this.#ports = ports
  }

  /** Calls of the source so far. */
  get refreshes(): number {
    return this.#refreshes
  }

  /**
   * Credentials that are good for a session from now on.
   *
   * @throws TidewaterError `CREDENTIALS_UNAVAILABLE` (retryable) with the source's own words, `CREDENTIALS_EXPIRED`
   */
  async current(): Promise<AwsCredentials> {
    const held = this.#held
    if (held === undefined) return (await this.#refreshOnce()).credentials
    const nowMs = this.#ports.nowMs()
    const { step } = planCredentials(held, this.#policy, nowMs, held.jitter)
    if (step === 'use') return held.credentials
    const isUsable = planToken(held.expiresAtMs, nowMs) !== undefined
    if (nowMs < this.#retryAtMs && isUsable) return held.credentials
    if (step === 'refresh-beside') {
      // Whoever asks next while it fails is served by the credentials at hand; the reason comes up when they end.
      this.#refreshOnce().catch(() => undefined)
      return held.credentials
    }
    try {
      return (await this.#refreshOnce()).credentials
    } catch (thrown) {
      if (isUsable) return held.credentials
      throw thrown
    }
  }

  /**
   * Fresh credentials, whatever is held: after a broker found a session too short.
   *
   * @throws as {@link current}
   */
  async renewed(): Promise<AwsCredentials> {
    return (await this.#refreshOnce()).credentials
  }

  #refreshOnce(): Promise<Held> {
    this.#refresh ??= this.#fetch().finally(() => {
      this.#refresh = undefined
    })
    return this.#refresh
  }

  async #fetch(): Promise<Held> {
    this.#refreshes += 1
    const { credentialsTimeoutMs } = this.#policy
    try {
      const credentials = await within(
        this.#provider(this.#held === undefined ? undefined : { forceRefresh: true }),
        credentialsTimeoutMs,
      )
      const nowMs = this.#ports.nowMs()
      const expiresAtMs = credentials.expiration?.getTime()
      if (planToken(expiresAtMs, nowMs) === undefined) throw expired(expiresAtMs as number)
      const isSame = this.#held?.credentials.accessKeyId === credentials.accessKeyId
      // A source that has nothing newer yet (instance metadata rotates at its own times) isn't asked at each connection.
      this.#failures = isSame ? this.#failures + 1 : 0
      this.#retryAtMs = isSame ? this.#nextTryMs(nowMs) : Number.NEGATIVE_INFINITY
      const obtainedAtMs = isSame && this.#held !== undefined ? this.#held.obtainedAtMs : nowMs
      this.#held = { credentials, obtainedAtMs, expiresAtMs, jitter: this.#ports.random() }
      return this.#held
    } catch (thrown) {
      this.#failures += 1
      this.#retryAtMs = this.#nextTryMs(this.#ports.nowMs())
      throw TidewaterError.isInstance(thrown) ? thrown : unavailable(thrown)
    }
  }

  #nextTryMs(nowMs: number): number {
    return nowMs + refreshRetryDelayMs(this.#failures, this.#ports.random())
  }
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new TidewaterError(
          'CREDENTIALS_UNAVAILABLE',
          `The source of the AWS credentials gave no answer within ${timeoutMs} ms`,
          {
            retryable: true,
            remedy:
              'Check that the metadata, container or STS endpoint can be reached from here, or raise credentialsTimeoutMs.',
            details: { credentialsTimeoutMs: timeoutMs },
          },
        ),
      )
    }, timeoutMs)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

function unavailable(cause: unknown): TidewaterError {
  return new TidewaterError('CREDENTIALS_UNAVAILABLE', `No AWS credentials: ${messageOf(cause)}`, {
    retryable: true,
    remedy:
      'Give the process credentials: environment variables, a profile (of SSO: aws sso login), a web identity, a container role or an instance role.',
    cause,
  })
}

function expired(expiresAtMs: number): TidewaterError {
  const at = new Date(expiresAtMs).toISOString()
  return new TidewaterError('CREDENTIALS_EXPIRED', `The AWS credentials expired at ${at}`, {
    remedy:
      'Get new credentials (aws sso login, a new session token), or give a provider that refreshes them.',
    details: { expiredAt: at },
  })
}
