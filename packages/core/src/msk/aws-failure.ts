import { type ErrorCode, messageOf, TidewaterError } from '../errors.js'

/** What a call was about, for its error. */
export interface AwsSubject {
  /** Such as `Creating cluster "demo"`. */
  readonly action: string
  /** Default `MSK`. */
  readonly service?: string
  readonly region: string
  readonly endpoint?: string
}

/** The parts of an error of the AWS SDK that decide. */
interface AwsErrorShape {
  readonly name?: string
  readonly code?: unknown
  readonly cause?: unknown
  readonly InvalidParameter?: string
  readonly $metadata?: {
    readonly httpStatusCode?: number
    readonly requestId?: string
    readonly clockSkewCorrected?: boolean
  }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

interface Verdict {
  readonly code: ErrorCode
  readonly retryable?: boolean
  readonly remedy?: string
}

const throttlings = new Set([
  'TooManyRequestsException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
])

// Kafka behind the topic API: leaders move, the controller is elected anew, brokers are unreachable for a moment.
const passingKafkaStates = new Set([
  'ClusterConnectivityException',
  'ControllerMovedException',
  'KafkaTimeoutException',
  'NotControllerException',
  'ReassignmentInProgressException',
])

const brokenConnections = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/**
 * Maps anything the AWS SDK throws for a service, with the names MSK gives to its own errors. The one place that says which of it may go away by itself.
 *
 * @param nowMs for a Retry-After that is a date
 */
export function awsFailure(thrown: unknown, subject: AwsSubject, nowMs: number): TidewaterError {
  if (TidewaterError.isInstance(thrown)) return thrown
  const shape = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as AwsErrorShape
  const { code, retryable = false, remedy } = judge(shape, messageOf(thrown), subject)
  const retryAfterMs = parseRetryAfterMs(shape.$response?.headers?.['retry-after'], nowMs)
  const { httpStatusCode: status, requestId } = shape.$metadata ?? {}
  return new TidewaterError(code, `${subject.action}: ${messageOf(thrown)}`, {
    retryable,
    cause: thrown,
    ...(remedy === undefined ? {} : { remedy }),
    details: {
      awsError: shape.name ?? 'Error',
      region: subject.region,
      ...(status === undefined ? {} : { status }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(shape.InvalidParameter === undefined ? {} : { invalidParameter: shape.InvalidParameter }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  })
}

/** The wait a throttled answer asked for. */
export function retryAfterMsOf(error: TidewaterError): number | undefined {
  const { retryAfterMs } = error.details
  return typeof retryAfterMs === 'number' ? retryAfterMs : undefined
}

/** The name of the service's error, such as `NotFoundException`; undefined when the service didn't answer. */
export function awsErrorName(error: TidewaterError): string | undefined {
  const { awsError } = error.details
  return typeof awsError === 'string' ? awsError : undefined
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1_000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

function judge(shape: AwsErrorShape, message: string, subject: AwsSubject): Verdict {
  const name = shape.name ?? ''
  const status = shape.$metadata?.httpStatusCode
  if (name === 'AbortError') return { code: 'ABORTED' }
  // First what never reached the service.
  if (/^(CredentialsProviderError|TokenProviderError|ProviderError)$/.test(name)) return noCredentials
  if (/region is missing|region not accepted/i.test(message)) {
    return { code: 'CONFIG_INVALID', remedy: 'Give a region such as us-east-1, or set AWS_REGION.' }
  }
  const connection = connectionCode(shape)
  if (connection === 'ENOTFOUND') return unknownHost(subject)
  if (connection !== undefined || name === 'TimeoutError') return unreachable(subject)
  // Then what the service said, from its most telling sign to the least.
  if (throttlings.has(name) || status === 429) {
    return {
      code: 'AWS_THROTTLED',
      retryable: true,
      remedy: 'Call less often, or from fewer places at once.',
    }
  }
  return judgeIdentity(shape, name, message, subject) ?? judgeService(name, status)
}

function judgeIdentity(
  shape: AwsErrorShape,
  name: string,
  message: string,
  { region }: AwsSubject,
): Verdict | undefined {
  if (/^(ExpiredToken|ExpiredTokenException)$/.test(name)) {
    return {
      code: 'CREDENTIALS_EXPIRED',
      remedy: 'Get new credentials, or give a provider that refreshes them.',
    }
  }
  // The service refuses a signature of another time, another region and another secret under one name.
  if (
    /^(RequestExpired|RequestTimeTooSkewed|RequestInTheFuture)/.test(name) ||
    /signature (expired|not yet current)/i.test(message)
  ) {
    // The SDK has read the service's clock from this very answer and signs by it from now on.
    const retryable = shape.$metadata?.clockSkewCorrected === true
    return { code: 'CLOCK_SKEWED', retryable, remedy: "Set this machine's clock, by NTP for instance." }
  }
  if (/scoped to a valid region/i.test(message)) {
    return {
      code: 'REGION_MISMATCH',
      remedy: `Give the region the endpoint belongs to; requests are signed for ${region}.`,
    }
  }
  if (
    /^(UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|InvalidToken|IncompleteSignature|MissingAuthenticationToken|AuthFailure|Unauthorized)/.test(
      name,
    )
  ) {
    return {
      code: 'CREDENTIALS_INVALID',
      remedy: 'Correct the access key, the secret and the session token; they belong together.',
    }
  }
  // 403 is the SDK's name for a refused HEAD, whose answer has no body to give one.
  if (/^(AccessDenied|Forbidden|UnauthorizedOperation|403$)/.test(name)) {
    return {
      code: 'AUTHORIZATION_FAILED',
      remedy: 'Grant the action that the message names to the identity in use.',
    }
  }
  return undefined
}

function judgeService(name: string, status: number | undefined): Verdict {
  if (name === 'TopicExistsException')
    return { code: 'TOPIC_EXISTS', remedy: 'Use another name or plan a change instead.' }
  if (name === 'UnknownTopicOrPartitionException')
    return { code: 'TOPIC_NOT_FOUND', remedy: 'Create the topic or correct its name.' }
  if (name === 'NotFoundException') {
    return { code: 'CLUSTER_NOT_FOUND', remedy: 'Correct the ARN; it names region, account and cluster.' }
  }
  if (passingKafkaStates.has(name)) return { code: 'AWS_REQUEST_FAILED', retryable: true }
  if (name === 'ConflictException') {
    return {
      code: 'CLUSTER_CONFLICT',
      remedy: 'Wait until the operation in progress is done, or use another name.',
    }
  }
  const retryable = status !== undefined && status >= 500
  return {
    code: 'AWS_REQUEST_FAILED',
    retryable,
    ...(retryable ? {} : { remedy: 'Correct what the message names.' }),
  }
}

const noCredentials: Verdict = {
  code: 'CREDENTIALS_UNAVAILABLE',
  remedy:
    'Set AWS_PROFILE, run "aws sso login", or give the process a role; see the AWS SDK\'s credential chain.',
}

function unknownHost({ service = 'MSK', region, endpoint }: AwsSubject): Verdict {
  return {
    code: 'AWS_REQUEST_FAILED',
    remedy:
      endpoint === undefined
        ? `Check that ${service} exists in region ${region}, and that this machine resolves AWS's names.`
        : `Check the endpoint ${endpoint}.`,
  }
}

function unreachable({ service = 'MSK', region, endpoint }: AwsSubject): Verdict {
  const where = endpoint ?? `${service}'s endpoint in ${region}`
  return {
    code: 'AWS_REQUEST_FAILED',
    retryable: true,
    remedy: `Check that this machine reaches ${where}.`,
  }
}

/** Node's code for a connection that failed; it may be on a cause, as of several addresses that were all tried. */
function connectionCode(shape: AwsErrorShape): string | undefined {
  for (
    let current: AwsErrorShape | undefined = shape, depth = 0;
    current !== undefined && depth < 5;
    depth++
  ) {
    const { code, cause }: AwsErrorShape = current
    if (typeof code === 'string' && (code === 'ENOTFOUND' || brokenConnections.has(code))) return code
    current = typeof cause === 'object' && cause !== null ? (cause as AwsErrorShape) : undefined
  }
  return undefined
}
