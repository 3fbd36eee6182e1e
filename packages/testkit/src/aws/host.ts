// The AWS services of a stack that outlives the command that started it: a process of their own, which ends its jobs and
// the emulator when it is ended. Its argument is a HostInput as JSON.
import { rename, writeFile } from 'node:fs/promises'
import { readIamDocument } from '../local/iam/iam-files.js'
import { localIam } from '../local/iam/local-iam.js'
import { iamPaths } from '../local/iam/paths.js'
import { readStackRecord } from '../local/stack-state.js'
import { resolveToolchainOptions } from '../toolchain/toolchain.js'
import { ownedStackAccount } from './account.js'
import { type AwsStackOptions, startAwsStack } from './aws-stack.js'
import { type HostInput, hostAnswerFile } from './host-process.js'
import { mskOfStack } from './local-aws.js'

async function serve(input: HostInput): Promise<void> {
  const stack = await startAwsStack({
    ...input,
    toolchain: resolveToolchainOptions({ cacheFolder: input.cacheFolder }),
    ...(await iamOfStack(input.stateFolder)),
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      await stack.close()
      process.exit(0)
    })
  }
  const { endpointUrl, s3Url, region, accountId, credentialsFile, buckets, credentials } = stack
  const { accessKeyId } = credentials
  const answer = { endpointUrl, s3Url, region, accountId, credentialsFile, accessKeyId, buckets }
  const file = hostAnswerFile(input.stateFolder)
  await writeFile(`${file}.tmp`, JSON.stringify({ pid: process.pid, ...answer }))
  await rename(`${file}.tmp`, file)
}

/** The users of a broker that verifies IAM, when the stack has one. It has no roles: nobody could ask for them. */
async function iamOfStack(stateFolder: string): Promise<Pick<AwsStackOptions, 'account' | 'services'>> {
  const record = await readStackRecord(stateFolder)
  const paths = iamPaths(stateFolder)
  const document = record?.iam && (await readIamDocument(paths.configFile))
  if (record?.iam === undefined || document === undefined) return {}
  const iam = localIam(record.iam, paths, document, [], () => {})
  const users = document.identities.flatMap(({ arn }) => /:user\/(.+)$/.exec(arn)?.[1] ?? [])
  return { account: ownedStackAccount(iam, users), services: [mskOfStack(iam)] }
}

serve(JSON.parse(process.argv[2] ?? '') as HostInput).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
  process.exit(1)
})
