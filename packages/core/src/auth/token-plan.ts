/** When credentials were obtained and end, in milliseconds since the epoch. */
export interface CredentialsWindow {
  readonly obtainedAtMs: number
  /** undefined: they don't expire (an IAM user's access key). */
  readonly expiresAtMs: number | undefined
}

/** How far ahead of their end credentials are replaced. */
export interface TokenPolicy {
  /** From this long before their end on, credentials are refreshed beside their use. */
  readonly refreshAheadMs: number
  /** With less than this left, a session isn't worth opening: they are refreshed first. */
  readonly minSessionMs: number
}

export type CredentialsStep = 'use' | 'refresh-beside' | 'refresh-first'

export interface CredentialsPlan {
  readonly step: CredentialsStep
  readonly reason: string
}

/** AWS's signers sign for 15 minutes, the longest MSK takes. */
export const maxTokenLifetimeSeconds = 900

// Credentials of 15 minutes and less: with the whole 5 minutes ahead a third of their life would go unused.
const aheadShare = 0.4
const minSessionShare = 0.2
// A fleet that was started together would ask STS together again and again.
const jitterShare = 0.25

/**
 * Whether credentials may sign the next token. The times ahead shrink with the credentials' own life, so that ones of 20
 * seconds are used as well.
 *
 * @param jitter 0 to 1, chosen once for each set of credentials
 */
export function planCredentials(
  window: CredentialsWindow,
  policy: TokenPolicy,
  nowMs: number,
  jitter: number,
): CredentialsPlan {
  const { expiresAtMs } = window
  if (expiresAtMs === undefined) return { step: 'use', reason: 'the credentials do not expire' }
  const lifeMs = Math.max(0, expiresAtMs - window.obtainedAtMs)
  const leftMs = expiresAtMs - nowMs
  const minSessionMs = Math.min(policy.minSessionMs, minSessionShare * lifeMs)
  const aheadMs = Math.min(policy.refreshAheadMs, aheadShare * lifeMs) * (1 + jitterShare * jitter)
  if (leftMs <= minSessionMs || leftMs < 1_000)
    return { step: 'refresh-first', reason: `the credentials end in ${inSeconds(leftMs)}` }
  if (leftMs <= aheadMs)
    return {
      step: 'refresh-beside',
      reason: `the credentials end in ${inSeconds(leftMs)}, ahead is ${inSeconds(aheadMs)}`,
    }
  return { step: 'use', reason: `the credentials last another ${inSeconds(leftMs)}` }
}

export interface TokenPlan {
  /** A whole number from 1 to 900: MSK takes no fraction in `X-Amz-Expires`. */
  readonly lifetimeSeconds: number
  /** Never after the credentials' end: a broker ends the session with whichever comes first. */
  readonly expiresAtMs: number
}

/** The life of a token signed now; undefined when the credentials have less than a second left. */
export function planToken(expiresAtMs: number | undefined, nowMs: number): TokenPlan | undefined {
  const leftSeconds = expiresAtMs === undefined ? maxTokenLifetimeSeconds : (expiresAtMs - nowMs) / 1_000
  const lifetimeSeconds = Math.min(maxTokenLifetimeSeconds, Math.floor(leftSeconds))
  if (lifetimeSeconds < 1) return undefined
  // X-Amz-Date has whole seconds, so the token counts from the second's begin.
  const signedAtMs = Math.floor(nowMs / 1_000) * 1_000
  return { lifetimeSeconds, expiresAtMs: signedAtMs + lifetimeSeconds * 1_000 }
}

/** Milliseconds until the next try after a refresh that failed or brought the same credentials. */
export function refreshRetryDelayMs(failures: number, random: number): number {
  const ceilingMs = Math.min(30_000, 1_000 * 2 ** Math.min(failures, 10))
  return Math.round(ceilingMs * (0.5 + 0.5 * random))
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
