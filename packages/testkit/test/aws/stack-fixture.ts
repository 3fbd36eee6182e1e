import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EMRClient, type StepConfig } from '@aws-sdk/client-emr'
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { parseConfig } from '@tidewater/core'
import { afterAll, beforeAll } from 'vitest'
import { type AwsOptions, awsOptionsSchema } from '../../src/aws/aws-options.js'
import { type RunningAwsStack, startAwsStack } from '../../src/aws/aws-stack.js'
import { resolveToolchainOptions } from '../../src/toolchain/toolchain.js'

/** AWS's services without a broker, for the tests of a file. */
export function awsStack(options: AwsOptions = {}) {
  let stack: RunningAwsStack
  let stateFolder: string
  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'tidewater-aws-test-'))
    stack = await startAwsServices(stateFolder, options)
  })
  afterAll(async () => {
    await stack?.close()
    await rm(stateFolder, { recursive: true, force: true })
  })
  return { stack: () => stack, stateFolder: () => stateFolder }
}

export function startAwsServices(stateFolder: string, options: AwsOptions = {}): Promise<RunningAwsStack> {
  return startAwsStack({
    stateFolder,
    config: parseConfig(awsOptionsSchema, { transitionMs: 50, ...options }, 'options'),
    spark: { cores: 1, driverMemoryMb: 512 },
    toolchain: resolveToolchainOptions(),
  })
}

/** Where the stack's services are, and who calls them. */
export function accountOf({ endpointUrl, region, credentials }: RunningAwsStack) {
  return { endpoint: endpointUrl, region, credentials }
}

export function clientConfig(stack: RunningAwsStack) {
  return { ...accountOf(stack), maxAttempts: 1 }
}

export function emrClient(stack: RunningAwsStack): EMRClient {
  return new EMRClient(clientConfig(stack))
}

export function s3Client(stack: RunningAwsStack): S3Client {
  return new S3Client(clientConfig(stack))
}

/** What RunJobFlow needs at least; the cluster stays when it has no steps. */
export function clusterInput(name: string) {
  return {
    Name: name,
    ReleaseLabel: 'emr-7.12.0',
    LogUri: 's3://tidewater/logs/',
    ServiceRole: 'EMR_DefaultRole',
    JobFlowRole: 'EMR_EC2_DefaultRole',
    Instances: { KeepJobFlowAliveWhenNoSteps: true, MasterInstanceType: 'm7g.xlarge', InstanceCount: 1 },
  }
}

/** A step that is a shell command, as command-runner.jar takes any. */
export function shellStep(script: string, step: Partial<StepConfig> = {}): StepConfig {
  return commandStep(['bash', '-c', script], step)
}

export function commandStep(args: string[], step: Partial<StepConfig> = {}): StepConfig {
  return {
    Name: 'a step',
    ActionOnFailure: 'CONTINUE',
    HadoopJarStep: { Jar: 'command-runner.jar', Args: args },
    ...step,
  }
}

/** Keys below a prefix, in order. */
export async function keysBelow(client: S3Client, prefix: string): Promise<string[]> {
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: 'tidewater', Prefix: prefix }),
  )
  return Contents.map(({ Key = '' }) => Key)
}

export async function readObject(client: S3Client, key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'tidewater', Key: key }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

/** Asks until the answer is there: what is asked for takes its time, and the test's own limit ends what never comes. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
