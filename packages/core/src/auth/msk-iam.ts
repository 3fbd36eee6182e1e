import { hostname } from 'node:os'
import { parseConfig } from '../config/parse.js'
import { type ErrorCode, TidewaterError } from '../errors.js'
import { askSts } from './ask-sts.js'
import type { AuthToken } from './auth-token.js'
import { CredentialsCache } from './credentials-cache.js'
import { credentialsProvider } from './credentials-source.js'
import { explainDenial } from './explain-denial.js'
import {
  type MskIamConfig,
  type MskIamOptions,
  mskIamOptionsSchema,
  regionOfBroker,
  serviceHost,
} from './options.js'
import { signToken } from './sign-token.js'
import { planToken } from './token-plan.js'

/**
 * Who a client is to an MSK cluster with IAM access control; the same for every driver, and for all clients of a process:
 * they share the credentials and their refreshes. Holds no secret that can be printed.
 */
export interface MskIamAuth {
  readonly type: 'mskIam'
  readonly region: string
  /**
   * A token signed now, for one authentication of one connection. Signing costs about half a millisecond and no request:
   * it is the credentials that are kept, so that a session never ends early with a token that was.
   *
   * @throws TidewaterError `CREDENTIALS_UNAVAILABLE` (retryable), `CREDENTIALS_EXPIRED`
   */
  token(): Promise<AuthToken>
  /** @throws TidewaterError `REGION_MISMATCH` when a broker's name says that it is in another region */
  requireRegionOf(brokers: readonly string[]): void
  /** Tells what a broker answered to a token: after "Session too short" the next one is signed with fresh credentials. */
  noteRefusal(code: ErrorCode): void
  /** Finds out, by asking STS, why a broker refused a token. Never rejects; STS may take 5 seconds. */
  explainDenial(denial: TidewaterError): Promise<TidewaterError>
  /** Calls of the credential source so far. */
  readonly credentialRefreshes: number
}

/**
 * Authentication with AWS IAM (MSK: SASL OAUTHBEARER with a presigned URL). Connections that use it speak TLS.
 *
 * Credentials come from the AWS SDK's provider chain, so environment variables, SSO, profiles, IRSA, ECS and EC2 roles work
 * unchanged; they are refreshed ahead of their end, by one call at a time, under the same role session name.
 *
 * @throws TidewaterError `CONFIG_INVALID` naming option, value and limit; a secret is never among them
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control.html
 */
export function mskIam(options: MskIamOptions): MskIamAuth {
  return new MskIam(parseConfig(mskIamOptionsSchema, options, 'options of mskIam'))
}

class MskIam implements MskIamAuth {
  readonly type = 'mskIam'
  readonly region: string
  readonly #config: MskIamConfig
  readonly #host: string
  #cache: Promise<CredentialsCache> | undefined
  #credentialRefreshes = () => 0
  #renewNext = false

  constructor(config: MskIamConfig) {
    this.region = config.region
    this.#config = config
    this.#host = serviceHost(config.region, config.endpoint)
  }

  get credentialRefreshes(): number {
    return this.#credentialRefreshes()
  }

  async token(): Promise<AuthToken> {
    const cache = await this.#credentials()
    const credentials = this.#renewNext ? await cache.renewed() : await cache.current()
    this.#renewNext = false
    const nowMs = Date.now()
    const plan = planToken(credentials.expiration?.getTime(), nowMs)
    if (plan === undefined)
      throw new TidewaterError('CREDENTIALS_EXPIRED', 'The AWS credentials ended while they were fetched', {
        retryable: true,
        remedy: 'Give a provider whose credentials last longer.',
      })
    return signToken({ region: this.region, host: this.#host, credentials, plan, nowMs })
  }

  noteRefusal(code: ErrorCode): void {
    if (code === 'SESSION_TOO_SHORT') this.#renewNext = true
  }

  requireRegionOf(brokers: readonly string[]): void {
    for (const broker of brokers) {
      const region = regionOfBroker(broker)
      if (region === undefined || region === this.region) continue
      throw new TidewaterError(
        'REGION_MISMATCH',
        `The broker ${broker} is in ${region}; the tokens are signed for ${this.region}, and it would refuse them`,
        {
          remedy: `Give mskIam the region '${region}'.`,
          details: { broker, brokerRegion: region, region: this.region },
        },
      )
    }
  }

  async explainDenial(denial: TidewaterError): Promise<TidewaterError> {
    try {
      const credentials = await (await this.#credentials()).current()
      return explainDenial(denial, this.region, await askSts(this.#config, credentials))
    } catch (thrown) {
      return TidewaterError.isInstance(thrown) ? thrown : denial
    }
  }

  #credentials(): Promise<CredentialsCache> {
    this.#cache ??= this.#open()
    return this.#cache
  }

  async #open(): Promise<CredentialsCache> {
    const sessionName = this.#config.roleSessionName ?? defaultSessionName(hostname())
    const provider = await credentialsProvider(this.#config, sessionName)
    const cache = new CredentialsCache(provider, this.#config, { nowMs: Date.now, random: Math.random })
    this.#credentialRefreshes = () => cache.refreshes
    return cache
  }
}

/** STS takes 2 to 64 characters of a small alphabet. */
function defaultSessionName(host: string): string {
  return `tidewater-${host.replace(/[^\w+=,.@-]/g, '-')}`.slice(0, 64)
}
