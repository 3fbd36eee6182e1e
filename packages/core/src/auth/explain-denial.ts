import { TidewaterError } from '../errors.js'

/** What STS said of the credentials a broker refused; `unknown` when it could not be asked. */
export type CredentialsVerdict =
  | { readonly kind: 'valid'; readonly arn: string; readonly clockOffsetMs: number }
  | {
      readonly kind: 'invalid' | 'expired' | 'skewed' | 'other-region'
      readonly said: string
      readonly clockOffsetMs?: number
    }
  | { readonly kind: 'unknown'; readonly said: string }

/** How far AWS lets a signature's time be from its own. */
const maxClockSkewMs = 5 * 60_000

/**
 * Why a broker refused a token. MSK says only `Access denied`, whatever is wrong; STS, asked with the same credentials,
 * says more.
 */
export function explainDenial(
  denial: TidewaterError,
  region: string,
  verdict: CredentialsVerdict,
): TidewaterError {
  const { code, message, remedy, details } = explanation(denial.message, region, verdict)
  return new TidewaterError(code, message, {
    remedy,
    details: { ...denial.details, region, ...details },
    cause: denial,
  })
}

function explanation(said: string, region: string, verdict: CredentialsVerdict) {
  const offsetMs = 'clockOffsetMs' in verdict ? verdict.clockOffsetMs : undefined
  if (verdict.kind === 'skewed' || (offsetMs !== undefined && Math.abs(offsetMs) > maxClockSkewMs))
    return {
      code: 'CLOCK_SKEWED' as const,
      message: `The broker refused the token (${said}), and this machine's clock is ${describeOffset(offsetMs)} AWS's; a signature may be 5 minutes off`,
      remedy: 'Set the clock, by NTP for instance.',
      details: offsetMs === undefined ? {} : { clockOffsetMs: offsetMs },
    }
  switch (verdict.kind) {
    case 'invalid':
      return {
        code: 'CREDENTIALS_INVALID' as const,
        message: `The broker refused the token (${said}), and STS does not accept the credentials: ${verdict.said}`,
        remedy: 'Correct the access key, the secret and the session token; they belong together.',
        details: {},
      }
    case 'other-region':
      return {
        code: 'REGION_MISMATCH' as const,
        message: `The broker refused the token (${said}), and the STS endpoint is not of the region ${region} either: ${verdict.said}`,
        remedy: "Give mskIam the cluster's region, and an stsEndpoint of the same region.",
        details: {},
      }
    case 'expired':
      return {
        code: 'CREDENTIALS_EXPIRED' as const,
        message: `The broker refused the token (${said}), and STS says that the credentials have expired`,
        remedy: 'Get new credentials, or give a provider that refreshes them.',
        details: {},
      }
    case 'valid':
      return {
        code: 'AUTHENTICATION_FAILED' as const,
        message: `The broker refused ${verdict.arn} (${said}). The credentials are good and the clock is right, so it is one of two: ${region} is not the cluster's region, or no policy allows kafka-cluster:Connect on the cluster`,
        remedy: `Check the region, and that the principal's policy has kafka-cluster:Connect on the cluster's ARN (tidewater iam policy prints one).`,
        details: { principal: verdict.arn },
      }
    case 'unknown':
      return {
        code: 'AUTHENTICATION_FAILED' as const,
        message: `The broker refused the token (${said}). STS could not be asked why: ${verdict.said}`,
        remedy: `Check the credentials, the clock, the region (${region}), and that a policy allows kafka-cluster:Connect on the cluster's ARN.`,
        details: {},
      }
  }
}

function describeOffset(offsetMs: number | undefined): string {
  if (offsetMs === undefined) return 'too far from'
  const minutes = Math.abs(offsetMs / 60_000).toFixed(1)
  return `${minutes} minutes ${offsetMs > 0 ? 'ahead of' : 'behind'}`
}

/** What an error of STS says of the credentials. */
export function verdictOf(name: string, message: string): CredentialsVerdict {
  if (/^ExpiredToken/.test(name)) return { kind: 'expired', said: message }
  // A signature of another time or region is refused under the same name as a wrong one; only the text tells them apart.
  if (
    /^RequestExpired|^RequestTimeTooSkewed/.test(name) ||
    /signature (not yet|expired|.*too skewed)/i.test(message)
  )
    return { kind: 'skewed', said: message }
  if (/scoped to a valid region/i.test(message)) return { kind: 'other-region', said: message }
  if (
    /^(InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient|InvalidToken|AuthFailure|IncompleteSignature)/.test(
      name,
    )
  )
    return { kind: 'invalid', said: message }
  // Told who is asking, if not what was asked: the credentials are good.
  return { kind: 'unknown', said: `${name}: ${message}` }
}
