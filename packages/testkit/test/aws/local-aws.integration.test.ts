import { STSClient } from '@aws-sdk/client-sts'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { TidewaterError } from '@tidewater/core'
import { bootstrapBrokers, createMskClient, describeCluster } from '@tidewater/core/msk'
import { expect, it, onTestFinished } from 'vitest'
import { type StackIam, startLocalAws } from '../../src/aws/index.js'
import { admin, issuer, roleArn } from './endpoint-fixture.js'

const clusterArn = 'arn:aws:kafka:us-east-1:123456789012:cluster/local/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d'

/** What a stack's IAM answers, without its broker. */
function stackIam(): StackIam {
  const { issue } = issuer()
  return {
    region: 'us-east-1',
    clusterArn,
    bootstrapBrokers: 'localhost:9098',
    user: () => admin,
    assumeRole: async (role, { sessionName = 'local', durationSeconds = 3_600 } = {}) => {
      if (role !== 'producer') throw new TidewaterError('CONFIG_INVALID', `there is no role "${role}"`)
      return issue({ roleArn, sessionName, durationSeconds })
    },
  }
}

it('gives a role of the stack credentials, with which its cluster is found', async () => {
  const aws = await startLocalAws({ iam: stackIam(), users: ['admin'] })
  onTestFinished(() => aws.close())
  const assume = (RoleArn: string) =>
    fromTemporaryCredentials({
      masterCredentials: admin,
      params: { RoleArn, RoleSessionName: 'job' },
      clientConfig: { region: aws.region, endpoint: aws.url, maxAttempts: 1 },
    })
  const client = await createMskClient({
    endpoint: aws.url,
    region: aws.region,
    credentials: () => assume(roleArn)(),
  })
  onTestFinished(() => client.close())
  expect(await describeCluster(client, 'local')).toMatchObject({ ClusterArn: clusterArn, State: 'ACTIVE' })
  expect(await bootstrapBrokers(client, clusterArn)).toMatchObject({ bootstrapBrokers: 'localhost:9098' })
  const keys = new Set(
    aws
      .requests()
      .filter(({ service }) => service === 'kafka')
      .map(({ accessKeyId }) => accessKeyId),
  )
  expect([...keys]).toEqual([expect.stringMatching(/^ASIA/)])

  const sts = new STSClient({
    endpoint: aws.url,
    region: aws.region,
    credentials: assume(`${roleArn}-unknown`),
  })
  onTestFinished(() => sts.destroy())
  await expect(sts.config.credentials()).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('sts:AssumeRole'),
  })
})
