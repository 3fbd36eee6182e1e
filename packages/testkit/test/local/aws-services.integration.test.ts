import { randomUUID } from 'node:crypto'
import { access } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AddJobFlowStepsCommand,
  DescribeStepCommand,
  EMRClient,
  RunJobFlowCommand,
} from '@aws-sdk/client-emr'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { createMskClient, describeCluster } from '@tidewater/core/msk'
import { expect, it } from 'vitest'
import { startLocal } from '../../src/index.js'
import { clusterInput, eventually, shellStep } from '../aws/stack-fixture.js'

it('has the services of AWS beside the broker, and ends them with it', async () => {
  const stack = await startLocal({ aws: { buckets: ['data', 'logs'], transitionMs: 50 } })
  const { endpointUrl, region, credentials } = stack.aws
  const config = { endpoint: endpointUrl, region, credentials, maxAttempts: 1 }
  const s3 = new S3Client(config)
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}))
  expect(Buckets.map(({ Name }) => Name)).toEqual(['data', 'logs'])
  await expect(stack.detach()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('aws'),
  })

  const late = join(tmpdir(), `tidewater-late-${randomUUID()}`)
  const emr = new EMRClient(config)
  const { JobFlowId } = await emr.send(new RunJobFlowCommand({ ...clusterInput('local'), LogUri: undefined }))
  await emr.send(
    new AddJobFlowStepsCommand({ JobFlowId, Steps: [shellStep('sleep 600'), shellStep(`touch ${late}`)] }),
  )
  await stack.stop()
  await expect(s3.send(new ListBucketsCommand({}))).rejects.toThrow(/ECONNREFUSED/)
  // The end of one step doesn't start the next.
  await expect(access(late)).rejects.toThrow(/ENOENT/)
  await expect(access(stack.stateFolder)).rejects.toThrow(/ENOENT/)
})

it('shares users and roles with a broker that verifies IAM', async () => {
  await using stack = await startLocal({
    iam: { roles: [{ name: 'EMR_EC2_DefaultRole', policies: [] }] },
    aws: { transitionMs: 50 },
  })
  const { iam, aws } = stack
  expect(aws.credentials).toMatchObject({ accessKeyId: iam.accessKeyId })
  const config = { endpoint: aws.endpointUrl, region: aws.region, credentials: aws.credentials }
  const sts = new STSClient(config)
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Arn: iam.user('local').arn })
  const msk = await createMskClient(config)
  expect(await describeCluster(msk, 'local')).toMatchObject({ ClusterArn: iam.clusterArn })
  msk.close()

  // The step asks for the credentials of the cluster's role, as a program on EMR does.
  const emr = new EMRClient(config)
  const { JobFlowId } = await emr.send(new RunJobFlowCommand(clusterInput('local')))
  const ask =
    'curl -sf -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" $AWS_CONTAINER_CREDENTIALS_FULL_URI | grep -q EMR_EC2_DefaultRole'
  const { StepIds = [] } = await emr.send(new AddJobFlowStepsCommand({ JobFlowId, Steps: [shellStep(ask)] }))
  const state = await eventually(async () => {
    const { Step } = await emr.send(new DescribeStepCommand({ ClusterId: JobFlowId, StepId: StepIds[0] }))
    return !/COMPLETED|FAILED/.test(Step?.Status?.State ?? '') ? undefined : Step?.Status?.State
  })
  expect(state).toBe('COMPLETED')
})
