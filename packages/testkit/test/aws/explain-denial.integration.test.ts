import { mskIam, TidewaterError } from '@tidewater/core'
import { expect, it } from 'vitest'
import { stsService } from '../../src/aws/index.js'
import { admin, endpointWith, issuer } from './endpoint-fixture.js'

const denial = new TidewaterError('AUTHENTICATION_FAILED', '[1f]: Access denied')

/** What is said of a broker's refusal when STS's clock or region is another than this machine's. */
async function explained(
  sts: { readonly clockOffsetSeconds?: number; readonly region?: string } = {},
): Promise<TidewaterError> {
  const endpoint = await endpointWith({ services: [stsService({ issue: issuer().issue })], ...sts })
  const auth = mskIam({ region: 'us-east-1', credentials: admin, stsEndpoint: endpoint.url })
  const error = await auth.explainDenial(denial)
  expect(endpoint.requests()).toMatchObject([{ operation: 'GetCallerIdentity' }])
  return error
}

it.each([
  [-600, '10.0 minutes ahead of'],
  [600, '10.0 minutes behind'],
  [-270, undefined],
  [270, undefined],
])('a clock of STS that is %i s off says of this one: %s', async (clockOffsetSeconds, says) => {
  const error = await explained({ clockOffsetSeconds })
  if (says === undefined) return expect(error.code).toBe('AUTHENTICATION_FAILED')
  expect(error).toMatchObject({
    code: 'CLOCK_SKEWED',
    retryable: false,
    message: expect.stringContaining(says),
    remedy: expect.stringMatching(/Set the clock/),
    details: { clockOffsetMs: expect.any(Number) },
  })
  expect(Number(error.details.clockOffsetMs) / 1_000).toBeCloseTo(-clockOffsetSeconds, -2)
})

it('an STS endpoint of another region tells of the region, and does not blame the credentials', async () => {
  expect(await explained({ region: 'eu-west-1' })).toMatchObject({
    code: 'REGION_MISMATCH',
    retryable: false,
    message: expect.stringMatching(/Access denied.*us-east-1/),
    remedy: expect.stringMatching(/the cluster's region/),
  })
})
