import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { mskIam } from '@tidewater/core'
import { expect, it, onTestFinished } from 'vitest'
import { type SsoPortal, startSsoPortal } from '../../src/aws/index.js'
import { issuer, onlyCredentialSource, roleArn } from './endpoint-fixture.js'

interface SignIn {
  readonly accessToken: string
  readonly role?: string
  readonly lastsSeconds?: number
}

/** A home folder as `aws configure sso` and `aws sso login` leave it, in which the AWS SDK looks until the test ends. */
async function home(portal: SsoPortal, { accessToken, role = 'producer', lastsSeconds = 3_600 }: SignIn) {
  const folder = await mkdtemp(join(tmpdir(), 'tidewater-sso-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const cache = join(folder, '.aws', 'sso', 'cache')
  await mkdir(cache, { recursive: true })
  const startUrl = 'https://company.awsapps.com/start'
  // Neither region is the other's: the sign-in is in one, the cluster in another.
  await writeFile(
    join(folder, '.aws', 'config'),
    `[profile laptop]
sso_session = company
sso_account_id = 123456789012
sso_role_name = ${role}
region = us-east-1
[sso-session company]
sso_start_url = ${startUrl}
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
`,
  )
  const expiresAt = new Date(Date.now() + lastsSeconds * 1_000).toISOString()
  await writeFile(
    join(cache, `${createHash('sha1').update('company').digest('hex')}.json`),
    JSON.stringify({
      startUrl,
      region: 'eu-west-1',
      accessToken,
      expiresAt,
      clientId: 'the-command-line',
      clientSecret: 'its-secret',
      refreshToken: 'of-no-use-any-more',
    }),
  )
  onlyCredentialSource({
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, '.aws', 'config'),
    ...portal.env,
    // Where a session would be refreshed; the portal has nothing of it.
    AWS_ENDPOINT_URL_SSO_OIDC: portal.env.AWS_ENDPOINT_URL_SSO ?? '',
  })
}

async function portalWith(issue = issuer()) {
  const portal = await startSsoPortal({ issue: issue.issue, roleArn })
  onTestFinished(() => portal.close())
  return { portal, requests: issue.requests }
}

const fromProfile = () => mskIam({ region: 'us-east-1', profile: 'laptop' })

it('whoever has signed in signs tokens as the role of the profile, with one call for many', async () => {
  const { portal, requests } = await portalWith()
  await home(portal, { accessToken: portal.signIn() })
  const auth = fromProfile()
  const tokens = await Promise.all([auth.token(), auth.token(), auth.token()])
  for (const { value } of tokens) {
    const { searchParams } = new URL(Buffer.from(value, 'base64url').toString())
    expect(searchParams.get('X-Amz-Credential')).toMatch(/^ASIA\w+\/\d{8}\/us-east-1\/kafka-cluster\//)
    expect(searchParams.get('X-Amz-Security-Token')).toMatch(/\S/)
  }
  expect(requests).toEqual([{ roleArn, sessionName: 'somebody', durationSeconds: 3_600 }])
  expect(portal.issued()).toBe(1)
})

it.each<[string, (portal: SsoPortal) => SignIn, RegExp]>([
  ['has ended', (portal) => ({ accessToken: portal.signIn(), lastsSeconds: -60 }), /expired/],
  ['was ended at the portal', signedOut, /UnauthorizedException/],
  [
    'is for another role',
    (portal) => ({ accessToken: portal.signIn(), role: 'admin' }),
    /ForbiddenException/,
  ],
])('a sign-in that %s is CREDENTIALS_UNAVAILABLE in its own words', async (_, signIn, says) => {
  const { portal } = await portalWith()
  const given = signIn(portal)
  await home(portal, given)
  const error = await fromProfile()
    .token()
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'CREDENTIALS_UNAVAILABLE',
    message: expect.stringMatching(says),
    remedy: expect.stringContaining('aws sso login'),
  })
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(given.accessToken)
  expect(portal.issued()).toBe(0)
})

function signedOut(portal: SsoPortal): SignIn {
  const accessToken = portal.signIn()
  portal.signOut()
  return { accessToken }
}
