import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromNodeProviderChain } from '@aws-sdk/credential-providers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type CredentialSource,
  kafkaService,
  startContainerCredentials,
  startInstanceMetadata,
  stsService,
} from '../../src/aws/index.js'
import { admin, endpointWith, issuer, onlyCredentialSource, roleArn } from './endpoint-fixture.js'

function closedAtEnd(source: CredentialSource): CredentialSource {
  onTestFinished(() => source.close())
  return source
}

/** The SDK's own chain, which decides by the environment where credentials come from. */
const resolveCredentials = () =>
  fromNodeProviderChain({ clientConfig: { region: 'us-east-1' }, maxRetries: 0 })()

describe('containers', () => {
  it('give the AWS SDK credentials of their role', async () => {
    const { issue, requests } = issuer()
    const source = closedAtEnd(await startContainerCredentials({ issue, roleArn }))
    onlyCredentialSource(source.env)
    const credentials = await resolveCredentials()
    expect(credentials).toMatchObject({
      accessKeyId: expect.stringMatching(/^ASIA/),
      expiration: expect.any(Date),
    })
    expect(requests).toEqual([{ roleArn, sessionName: 'task', durationSeconds: 21_600 }])
    expect(source.issued()).toBe(1)
  })

  it('give nothing to whoever lacks their token', async () => {
    const source = closedAtEnd(await startContainerCredentials({ issue: issuer().issue, roleArn }))
    onlyCredentialSource({ ...source.env, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'guessed' })
    await expect(resolveCredentials()).rejects.toMatchObject({ name: 'CredentialsProviderError' })
    expect(source.issued()).toBe(0)
  })

  it.each([500, 'disconnect'] as const)('fail with %s as often as they are told to', async (failure) => {
    const source = closedAtEnd(await startContainerCredentials({ issue: issuer().issue, roleArn }))
    onlyCredentialSource(source.env)
    // The SDK asks a container three more times.
    source.failNext(failure)
    expect(await resolveCredentials()).toMatchObject({ accessKeyId: expect.any(String) })
    expect(source.issued()).toBe(1)
    source.failNext(failure, 50)
    await expect(resolveCredentials()).rejects.toThrow()
    expect(source.issued()).toBe(1)
  })
})

describe('instances', () => {
  it('give the AWS SDK credentials of their role, by version 2 of the metadata service', async () => {
    const { issue, requests } = issuer()
    const source = closedAtEnd(await startInstanceMetadata({ issue, roleArn }))
    onlyCredentialSource(source.env)
    expect(await resolveCredentials()).toMatchObject({
      accessKeyId: expect.stringMatching(/^ASIA/),
      sessionToken: expect.any(String),
      expiration: expect.any(Date),
    })
    expect(requests).toMatchObject([{ sessionName: 'i-0123456789abcdef0' }])
  })

  it('refuse requests without a token, and a token of no life', async () => {
    const source = closedAtEnd(
      await startInstanceMetadata({ issue: issuer().issue, roleArn, region: 'eu-west-1' }),
    )
    const url = source.env.AWS_EC2_METADATA_SERVICE_ENDPOINT
    const askToken = (ttl: string) =>
      fetch(`${url}/latest/api/token`, {
        method: 'PUT',
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': ttl },
      })
    const readRegion = (token: string) =>
      fetch(`${url}/latest/meta-data/placement/region`, { headers: { 'x-aws-ec2-metadata-token': token } })
    expect((await readRegion('guessed')).status).toBe(401)
    expect((await askToken('0')).status).toBe(400)
    const answer = await readRegion(await (await askToken('60')).text())
    expect([answer.status, await answer.text()]).toEqual([200, 'eu-west-1'])
  })
})

describe('web identities', () => {
  it('get credentials through STS, by the file and the role in the environment', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidewater-web-identity-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'token')
    await writeFile(file, 'a.service.account')
    const { issue, identityOf, requests } = issuer()
    const endpoint = await endpointWith({
      services: [kafkaService(), stsService({ issue })],
      identities: identityOf,
    })
    onlyCredentialSource({
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: roleArn,
      AWS_ROLE_SESSION_NAME: 'pod-1',
      AWS_ENDPOINT_URL_STS: endpoint.url,
    })
    const credentials = await resolveCredentials()
    expect(identityOf(credentials.accessKeyId)?.arn).toBe(
      'arn:aws:sts::123456789012:assumed-role/producer/pod-1',
    )
    expect(requests).toMatchObject([{ sessionName: 'pod-1', webIdentityToken: 'a.service.account' }])
  })
})

describe('profiles', () => {
  it('assume their role through STS, with the credentials of their source', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidewater-profile-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const config = join(folder, 'config')
    await writeFile(
      config,
      `[profile base]
aws_access_key_id = ${admin.accessKeyId}
aws_secret_access_key = ${admin.secretAccessKey}
region = us-east-1
[profile producer]
role_arn = ${roleArn}
role_session_name = laptop
source_profile = base
region = us-east-1
`,
    )
    const { issue, identityOf, requests } = issuer()
    const endpoint = await endpointWith({ services: [stsService({ issue })], identities: identityOf })
    onlyCredentialSource({ AWS_ENDPOINT_URL_STS: endpoint.url })
    vi.stubEnv('AWS_CONFIG_FILE', config)
    vi.stubEnv('AWS_PROFILE', 'producer')
    const credentials = await resolveCredentials()
    expect(identityOf(credentials.accessKeyId)?.arn).toMatch(/assumed-role\/producer\/laptop$/)
    expect(requests).toMatchObject([{ sessionName: 'laptop', callerArn: admin.arn }])
  })
})
