import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseConfig, TidewaterError } from '@tidewater/core'
import { z } from 'zod'
import type { SparkResources } from '../local/options.js'
import { becomesReady } from '../supervisor/ready.js'
import { type SupervisedProcess, supervise } from '../supervisor/supervise.js'
import { prepareAwsEmulator } from '../toolchain/aws-emulator.js'
import type { ToolchainOptions } from '../toolchain/jars.js'
import type { LocalAwsConfig } from './aws-options.js'

/** What the host is told. */
export interface HostInput {
  readonly stateFolder: string
  readonly config: LocalAwsConfig
  readonly spark: SparkResources
  readonly cacheFolder: string
}

const answerSchema = z.object({
  pid: z.int(),
  endpointUrl: z.string(),
  s3Url: z.string(),
  region: z.string(),
  accountId: z.string(),
  credentialsFile: z.string(),
  accessKeyId: z.string(),
  buckets: z.array(z.string()),
})

export type HostAnswer = Readonly<z.output<typeof answerSchema>>

/** Where the host says that it is ready. */
export function hostAnswerFile(stateFolder: string): string {
  return join(stateFolder, 'aws', 'endpoint.json')
}

/**
 * Starts the AWS services as a process that may outlive this one.
 *
 * @throws TidewaterError as `startAwsStack` does
 */
export async function startAwsHost(
  input: Omit<HostInput, 'cacheFolder'>,
  toolchain: ToolchainOptions,
): Promise<{ readonly process: SupervisedProcess; readonly answer: HostAnswer }> {
  // Downloads take longer than a process may to get ready, and here their progress is shown.
  await prepareAwsEmulator(toolchain)
  toolchain.onProgress?.('AWS services: starting', { step: 'aws', state: 'started' })
  const answerFile = hostAnswerFile(input.stateFolder)
  const folder = dirname(answerFile)
  await mkdir(folder, { recursive: true })
  await rm(answerFile, { force: true })
  const host = await supervise({
    name: 'AWS services',
    command: process.execPath,
    args: [
      ...hostFile(),
      JSON.stringify({ ...input, cacheFolder: toolchain.cacheFolder } satisfies HostInput),
    ],
    cwd: folder,
    // The caller's loaders and inspectors are not for it.
    env: { ...toolchain.env, NODE_OPTIONS: '' },
    logFile: join(folder, 'host.log'),
  })
  const answer = await becomesReady(host, () => readAnswer(answerFile, host.pid), {
    timeoutMs: 90_000,
    signal: toolchain.signal,
  })
  toolchain.onProgress?.(`AWS services: answer at ${answer.endpointUrl}`, { step: 'aws', state: 'done' })
  return { process: host, answer }
}

async function readAnswer(file: string, pid: number): Promise<HostAnswer> {
  const answer = parseConfig(answerSchema, JSON.parse(await readFile(file, 'utf8')), file)
  if (answer.pid === pid) return answer
  throw new TidewaterError('PROCESS_FAILED', `${file} is another process's`, { retryable: true })
}

/** The host's module, beside this one and of its kind: ESM, CommonJS or source. */
function hostFile(): readonly string[] {
  const here = fileURLToPath(import.meta.url)
  const extension = extname(here)
  return extension === '.ts'
    ? ['--conditions=@tidewater/source', join(dirname(here), 'host-from-source.mjs')]
    : [join(dirname(here), `aws-host${extension}`)]
}
