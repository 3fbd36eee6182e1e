import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
  type STSClientConfig,
} from '@aws-sdk/client-sts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AwsEndpoint, type IssueCredentials, kafkaService, stsService } from '../../src/aws/index.js'
import { admin, endpointWith, issuer, roleArn } from './endpoint-fixture.js'

function stsEndpoint(issue: IssueCredentials, identities = issuer().identityOf) {
  // Beside another service, as they share one port.
  return endpointWith({ services: [kafkaService(), stsService({ issue })], identities })
}

function sdk(endpoint: AwsEndpoint, config: STSClientConfig = {}): STSClient {
  const client = new STSClient({
    endpoint: endpoint.url,
    region: endpoint.region,
    credentials: admin,
    maxAttempts: 1,
    ...config,
  })
  onTestFinished(() => client.destroy())
  return client
}

const assume = { RoleArn: roleArn, RoleSessionName: 'session' }

describe('the STS service, called by the AWS SDK', () => {
  it('issues credentials of a role, with which the role is known from then on', async () => {
    const { issue, identityOf, requests } = issuer()
    const endpoint = await stsEndpoint(issue, identityOf)
    const command = new AssumeRoleCommand({ ...assume, DurationSeconds: 900, ExternalId: 'contract-7' })
    const { Credentials, AssumedRoleUser } = await sdk(endpoint).send(command)
    const arn = 'arn:aws:sts::123456789012:assumed-role/producer/session'
    expect(AssumedRoleUser?.Arn).toBe(arn)
    expect(Credentials?.Expiration).toBeInstanceOf(Date)
    expect(requests).toEqual([
      {
        roleArn,
        sessionName: 'session',
        durationSeconds: 900,
        callerArn: admin.arn,
        externalId: 'contract-7',
      },
    ])
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    const caller = await sdk(endpoint, { credentials }).send(new GetCallerIdentityCommand({}))
    expect(caller).toMatchObject({ Arn: arn, Account: '123456789012' })
    const withoutToken = sdk(endpoint, { credentials: { ...credentials, sessionToken: '' } })
    await expect(withoutToken.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    })
  })

  it('issues credentials for a web identity to a caller that has none yet', async () => {
    const { issue, requests } = issuer()
    const endpoint = await stsEndpoint(issue)
    // The SDK sends this operation unsigned, whatever credentials there are.
    const { Credentials } = await sdk(endpoint).send(
      new AssumeRoleWithWebIdentityCommand({ ...assume, WebIdentityToken: 'a.service.account' }),
    )
    expect(Credentials?.AccessKeyId).toMatch(/^ASIA/)
    expect(requests).toEqual([
      { roleArn, sessionName: 'session', durationSeconds: 3_600, webIdentityToken: 'a.service.account' },
    ])
    const empty = new AssumeRoleWithWebIdentityCommand({ ...assume, WebIdentityToken: '' })
    await expect(sdk(endpoint).send(empty)).rejects.toMatchObject({ name: 'InvalidIdentityTokenException' })
  })

  it('says who refuses, and why', async () => {
    const denied = `${admin.arn} is not authorized to perform: sts:AssumeRole on <${roleArn}> & others`
    const endpoint = await stsEndpoint(() => ({ denied }))
    await expect(sdk(endpoint).send(new AssumeRoleCommand(assume))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: denied,
      $metadata: { httpStatusCode: 403 },
    })
  })

  it.each([
    [{ ...assume, RoleArn: 'arn:aws:iam::123456789012:user/x' }, /RoleArn|is invalid/],
    [{ ...assume, RoleSessionName: 'x y' }, /RoleSessionName/],
    [{ ...assume, DurationSeconds: 899 }, /between 900 and 43200/],
  ])('validates %j', async (input, message) => {
    const { issue, requests } = issuer()
    const endpoint = await stsEndpoint(issue)
    await expect(sdk(endpoint).send(new AssumeRoleCommand(input))).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(message),
    })
    expect(requests).toEqual([])
  })

  it.each([
    [{ credentials: { ...admin, secretAccessKey: 'wrong' } }, 'SignatureDoesNotMatch'],
    [{ credentials: { ...admin, accessKeyId: 'AKIANOBODY' } }, 'InvalidClientTokenId'],
    [{ region: 'eu-west-1' }, 'SignatureDoesNotMatch'],
  ])('refuses %j', async (config, name) => {
    const endpoint = await stsEndpoint(issuer().issue)
    await expect(sdk(endpoint, config).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name })
  })

  it('serves nobody unsigned but web identities', async () => {
    const endpoint = await stsEndpoint(issuer().issue)
    const answer = await fetch(endpoint.url, {
      method: 'POST',
      body: new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' }),
    })
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('<Code>MissingAuthenticationToken</Code>')
  })

  it('ends credentials at their time', async () => {
    const { issue, identityOf } = issuer(-1)
    const endpoint = await stsEndpoint(issue, identityOf)
    const { Credentials } = await sdk(endpoint).send(new AssumeRoleCommand(assume))
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    await expect(sdk(endpoint, { credentials }).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(
      {
        name: 'ExpiredToken',
      },
    )
  })
})
