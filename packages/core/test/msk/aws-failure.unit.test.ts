import { describe, expect, it } from 'vitest'
import { TidewaterError } from '../../src/errors.js'
import { awsFailure, parseRetryAfterMs, retryAfterMsOf } from '../../src/msk/aws-failure.js'

const subject = { action: 'Reading cluster "demo"', region: 'us-east-1' }

function thrown(name: string, status?: number, message = 'said', extra: object = {}): Error {
  return Object.assign(new Error(message), {
    name,
    ...(status === undefined ? {} : { $metadata: { httpStatusCode: status, requestId: 'r-1' } }),
    ...extra,
  })
}

describe('awsFailure', () => {
  it.each([
    ['TooManyRequestsException', 429, 'said', 'AWS_THROTTLED', true],
    ['ThrottlingException', 400, 'said', 'AWS_THROTTLED', true],
    ['Unknown', 429, 'said', 'AWS_THROTTLED', true],
    ['InternalServerErrorException', 500, 'said', 'AWS_REQUEST_FAILED', true],
    ['ServiceUnavailableException', 503, 'said', 'AWS_REQUEST_FAILED', true],
    ['ClusterConnectivityException', 409, 'said', 'AWS_REQUEST_FAILED', true],
    ['NotControllerException', 409, 'said', 'AWS_REQUEST_FAILED', true],
    ['BadRequestException', 400, 'said', 'AWS_REQUEST_FAILED', false],
    ['ConflictException', 409, 'said', 'CLUSTER_CONFLICT', false],
    ['NotFoundException', 404, 'said', 'CLUSTER_NOT_FOUND', false],
    ['TopicExistsException', 409, 'said', 'TOPIC_EXISTS', false],
    ['UnknownTopicOrPartitionException', 404, 'said', 'TOPIC_NOT_FOUND', false],
    ['ForbiddenException', 403, 'said', 'AUTHORIZATION_FAILED', false],
    ['AccessDeniedException', 403, 'said', 'AUTHORIZATION_FAILED', false],
    ['UnauthorizedException', 401, 'said', 'CREDENTIALS_INVALID', false],
    ['UnrecognizedClientException', 403, 'said', 'CREDENTIALS_INVALID', false],
    [
      'InvalidSignatureException',
      403,
      'The request signature we calculated does not match',
      'CREDENTIALS_INVALID',
      false,
    ],
    [
      'InvalidSignatureException',
      403,
      'Credential should be scoped to a valid region.',
      'REGION_MISMATCH',
      false,
    ],
    ['InvalidSignatureException', 403, 'Signature expired: 1 is now earlier than 2', 'CLOCK_SKEWED', false],
    ['InvalidSignatureException', 403, 'Signature not yet current: 2 is still later', 'CLOCK_SKEWED', false],
    ['ExpiredTokenException', 403, 'said', 'CREDENTIALS_EXPIRED', false],
    ['CredentialsProviderError', undefined, 'Could not load credentials', 'CREDENTIALS_UNAVAILABLE', false],
    ['TokenProviderError', undefined, 'SSO session expired', 'CREDENTIALS_UNAVAILABLE', false],
    ['Error', undefined, 'Region is missing', 'CONFIG_INVALID', false],
    ['TimeoutError', undefined, 'socket', 'AWS_REQUEST_FAILED', true],
    ['AbortError', undefined, 'Request aborted', 'ABORTED', false],
  ])('maps %s (%s, "%s") to %s', (name, status, message, code, retryable) => {
    expect(awsFailure(thrown(name, status, message), subject, 0)).toMatchObject({ code, retryable })
  })

  it.each([
    ['ECONNREFUSED', true],
    ['ECONNRESET', true],
    ['EAI_AGAIN', true],
    // A name that doesn't exist is a wrong region or endpoint, and stays one.
    ['ENOTFOUND', false],
  ])('tells by %s on a cause whether the connection may work later', (code, retryable) => {
    const error = Object.assign(new Error('request failed'), {
      cause: Object.assign(new Error('x'), { code }),
    })
    const failure = awsFailure(error, { ...subject, endpoint: 'http://127.0.0.1:1' }, 0)
    expect(failure).toMatchObject({ code: 'AWS_REQUEST_FAILED', retryable })
    expect(failure.remedy).toContain('http://127.0.0.1:1')
  })

  it.each(['ECONNREFUSED', 'ENOTFOUND'])('names the service that %s was about', (code) => {
    const failure = awsFailure(Object.assign(new Error('x'), { code }), { ...subject, service: 'Glue' }, 0)
    expect(failure.remedy).toMatch(/Glue.*us-east-1/)
  })

  it('tries again by the corrected clock, once the SDK has read it from the answer', () => {
    const skewed = thrown('InvalidSignatureException', 403, 'Signature expired: 1 is now earlier than 2', {
      $metadata: { httpStatusCode: 403, clockSkewCorrected: true },
    })
    expect(awsFailure(skewed, subject, 0)).toMatchObject({ code: 'CLOCK_SKEWED', retryable: true })
  })

  it('carries what the service said, its request id and what it asked to wait', () => {
    const error = awsFailure(
      thrown('TooManyRequestsException', 429, 'slow down', {
        $response: { headers: { 'retry-after': '7' } },
        InvalidParameter: 'clusterArn',
      }),
      subject,
      0,
    )
    expect(error.message).toBe('Reading cluster "demo": slow down')
    expect(error.details).toEqual({
      awsError: 'TooManyRequestsException',
      region: 'us-east-1',
      status: 429,
      requestId: 'r-1',
      invalidParameter: 'clusterArn',
      retryAfterMs: 7_000,
    })
    expect(retryAfterMsOf(error)).toBe(7_000)
  })

  it('passes our own errors through', () => {
    const own = new TidewaterError('ABORTED', 'stop')
    expect(awsFailure(own, subject, 0)).toBe(own)
  })
})

describe('parseRetryAfterMs', () => {
  it.each([
    [undefined, undefined],
    ['0', 0],
    ['12', 12_000],
    ['Thu, 01 Jan 1970 00:00:05 GMT', 4_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', undefined],
  ])('%s is %s', (header, ms) => {
    expect(parseRetryAfterMs(header, 1_000)).toBe(ms)
  })
})
