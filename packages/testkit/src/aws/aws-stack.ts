import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newKeyPair } from '../local/iam/credentials.js'
import { hideSecrets } from '../local/iam/hide-secrets.js'
import { writePrivateFile } from '../local/iam/private-file.js'
import type { SparkResources } from '../local/options.js'
import { requireFreePort } from '../local/ports.js'
import type { ToolchainOptions } from '../toolchain/jars.js'
import { type AwsAccount, type OwnedAccount, openAccount } from './account.js'
import { athenaSpark } from './athena/athena-spark.js'
import { dropOthersParameters } from './athena/glue-tables.js'
import { type AthenaControl, athenaService } from './athena/service.js'
import type { LocalAwsConfig } from './aws-options.js'
import { emrLimits } from './emr/limits.js'
import { emrService } from './emr/service.js'
import { emrContainersService } from './emr-containers/service.js'
import { emrServerlessService } from './emr-serverless/service.js'
import { emulatedServices, startEmulator } from './emulator.js'
import { type JobSpec, jobHost } from './jobs/start-job.js'
import { localObjects } from './objects.js'
import { type AwsEndpoint, startAwsEndpoint } from './server.js'
import type { AwsService } from './service.js'
import { stsService } from './sts-service.js'

/** AWS's services on this machine. */
export interface AwsStack extends Pick<AwsEndpoint, 'requests' | 'injectFault'> {
  /** One URL for all services; they are told apart by what a request is signed for. */
  readonly endpointUrl: string
  /** The local S3 itself, for who moves much through it. */
  readonly s3Url: string
  readonly region: string
  readonly accountId: string
  /** Of the user who may do everything. `util.inspect` hides the secret. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** The same as a profile, for AWS_SHARED_CREDENTIALS_FILE. */
  readonly credentialsFile: string
  /** The buckets that are there from the start. */
  readonly buckets: readonly string[]
  /** What a process needs in its environment so that every AWS SDK calls these services. */
  readonly env: Readonly<Record<string, string>>
  /** Tells Athena how to behave. */
  readonly athena: AthenaControl
  /** Makes temporary credentials, for container credentials and instance metadata. */
  readonly issue: AwsAccount['issue']
}

/** The side of the stack that its starter has. */
export type RunningAwsStack = AwsStack & {
  /** Ends the runs, then the services. */
  close(): Promise<void>
}

export interface AwsStackOptions {
  readonly stateFolder: string
  readonly config: LocalAwsConfig
  readonly spark: SparkResources
  readonly toolchain: ToolchainOptions
  /** Who may call. Default: one user of its own, and any role. */
  readonly account?: OwnedAccount
  /** Services beside those that are always there. Default: none. */
  readonly services?: readonly AwsService[]
}

const ownRegion = 'us-east-1'
const ownAccountId = '123456789012'

/**
 * Starts S3, Glue, IAM and EC2's security groups, which ministack serves, and STS, EMR, EMR Serverless, EMR on EKS and
 * Athena, whose steps, runs and queries really run on this machine.
 *
 * @throws TidewaterError `PREREQUISITE_MISSING`, `DOWNLOAD_FAILED`, `PORT_IN_USE`, `PROCESS_FAILED`,
 *   `PROCESS_START_TIMEOUT`, `ABORTED`
 */
export async function startAwsStack(options: AwsStackOptions): Promise<RunningAwsStack> {
  const { stateFolder, config, spark, toolchain, services = [] } = options
  const folder = join(stateFolder, 'aws')
  if (config.port !== undefined) await requireFreePort(config.port, 'aws.port')
  await mkdir(join(folder, 'steps'), { recursive: true })
  const account = options.account ?? (await ownAccount(folder))
  const { region, accountId, user, credentialsFile, issue } = account
  toolchain.onProgress?.('AWS services: starting', { step: 'aws', state: 'started' })
  const emulator = await startEmulator({ folder: join(folder, 'emulator'), region, accountId, toolchain })
  const objects = localObjects(emulator.url)
  let endpoint: AwsEndpoint | undefined
  const host = {
    region,
    accountId,
    transitionMs: config.transitionMs,
    objects,
    startJob: (spec: JobSpec) =>
      jobHost({
        stateFolder,
        region,
        endpointUrl: endpoint?.url ?? '',
        s3Url: emulator.url,
        issue,
        spark,
        // The signal belonged to the start.
        toolchain: { ...toolchain, signal: undefined },
      })(spec),
  }
  const emr = emrService({
    ...host,
    limits: config.throttled ? emrLimits : undefined,
    newId: (prefix) => `${prefix}-${randomId(13).toUpperCase()}`,
    folder: join(folder, 'steps'),
  })
  const serverless = emrServerlessService({ ...host, newId: () => `00${randomId(14)}` })
  const [bucket = 'tidewater'] = config.buckets
  const athena = athenaService({
    objects,
    behaviour: config.athena,
    primaryLocation: `s3://${bucket}/athena-results/`,
    dropOthersParameters: (table) => dropOthersParameters(emulator.url, table),
    spark: athenaSpark({
      stateFolder,
      region,
      bucket,
      endpointUrl: () => endpoint?.url ?? '',
      s3Url: emulator.url,
      credentialsFile,
      spark,
      toolchain,
    }),
  })
  const containers = emrContainersService({ ...host, newId: () => `0000000${randomId(12)}` })
  try {
    for (const bucket of config.buckets) await objects.createBucket(bucket)
    endpoint = await startAwsEndpoint({
      region,
      identities: account.identityOf,
      services: [emr, serverless, containers, athena, stsService({ issue }), ...services],
      relays: Object.fromEntries(emulatedServices.map((service) => [service, emulator.url])),
      port: config.port,
    })
  } catch (thrown) {
    await emulator.process.kill()
    throw thrown
  }
  const { url } = endpoint
  toolchain.onProgress?.(`AWS services: answer at ${url}`, { step: 'aws', state: 'done' })
  const { accessKeyId, secretAccessKey } = user
  return {
    endpointUrl: url,
    s3Url: emulator.url,
    region,
    accountId,
    credentials: hideSecrets({ accessKeyId, secretAccessKey }, ['secretAccessKey']),
    credentialsFile,
    buckets: config.buckets,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
    },
    athena: athena.control,
    issue,
    requests: endpoint.requests,
    injectFault: endpoint.injectFault,
    async close() {
      await Promise.all([emr.close(), serverless.close(), containers.close(), athena.close()])
      await endpoint?.close()
      await emulator.process.stop(10_000)
    },
  }
}

/** An account of the stack's own; its user stays the same over the starts of a state folder. */
async function ownAccount(folder: string): Promise<OwnedAccount> {
  const credentialsFile = join(folder, 'credentials')
  const known = await readFile(credentialsFile, 'utf8').catch(() => '')
  const [, accessKeyId, secretAccessKey] =
    /^aws_access_key_id = (\S+)\naws_secret_access_key = (\S+)$/m.exec(known) ?? []
  const keys =
    accessKeyId !== undefined && secretAccessKey !== undefined
      ? { accessKeyId, secretAccessKey }
      : newKeyPair('user', randomBytes)
  await writePrivateFile(
    credentialsFile,
    `[default]\naws_access_key_id = ${keys.accessKeyId}\naws_secret_access_key = ${keys.secretAccessKey}\n`,
  )
  const user = { arn: `arn:aws:iam::${ownAccountId}:user/local`, ...keys }
  return { ...openAccount(ownRegion, ownAccountId, user), user, credentialsFile }
}

function randomId(length: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'
  return [...randomBytes(length)].map((byte) => alphabet[byte % alphabet.length]).join('')
}
