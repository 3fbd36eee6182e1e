import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf, TidewaterError } from '@tidewater/core'
import { loopbackHost } from '../local/loopback.js'
import { findFreePorts } from '../local/ports.js'
import { becomesReady } from '../supervisor/ready.js'
import { type SupervisedProcess, supervise } from '../supervisor/supervise.js'
import { prepareAwsEmulator } from '../toolchain/aws-emulator.js'
import type { ToolchainOptions } from '../toolchain/jars.js'

/** The services it serves, by their names in a signature's scope. */
export const emulatedServices = ['s3', 'glue', 'iam', 'ec2'] as const

const portAttempts = 5

export interface Emulator {
  readonly process: SupervisedProcess
  readonly url: string
}

export interface EmulatorOptions {
  /** For objects, tables and roles. The next start goes on with them. */
  readonly folder: string
  readonly region: string
  readonly accountId: string
  readonly toolchain: ToolchainOptions
}

/**
 * Starts ministack, which serves S3 from files, Glue with the check of VersionId that concurrent commits need, IAM,
 * and EC2's security groups.
 * Signatures are not verified. What the others than S3 hold is written when it is stopped, objects at once.
 *
 * @throws TidewaterError as `preparePython` and `becomesReady` do
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { folder, toolchain } = options
  const python = await prepareAwsEmulator(toolchain)
  const scratchFolder = join(folder, 'scratch')
  await mkdir(scratchFolder, { recursive: true })
  const logFile = join(folder, 'emulator.log')
  for (let attempt = 1; ; attempt++) {
    const [port = 0] = await findFreePorts(1)
    const url = `http://${loopbackHost}:${port}`
    const name = randomUUID()
    const emulator = await supervise({
      name: 'AWS emulator',
      command: join(dirname(python), 'ministack'),
      args: [],
      cwd: folder,
      env: emulatorEnvironment(options, { port, name, scratchFolder }),
      logFile,
    })
    try {
      await becomesReady(emulator, () => requireAnswer(url, name), {
        timeoutMs: 60_000,
        signal: toolchain.signal,
      })
      return { process: emulator, url }
    } catch (thrown) {
      // Another program may have taken the port since it was found free.
      const taken = / is already in use/.test(messageOf(thrown))
      if (!taken || attempt === portAttempts) throw thrown
    }
  }
}

function emulatorEnvironment(
  { folder, region, accountId, toolchain }: EmulatorOptions,
  { port, name, scratchFolder }: { port: number; name: string; scratchFolder: string },
): Record<string, string | undefined> {
  // A caller's own credentials and endpoints are nothing to it, and the names of its settings are common ones.
  const foreign =
    /^(AWS_|PYTHON|VIRTUAL_ENV$|LOCALSTACK_|MINISTACK_|S3_|AUTH$|DOCKER_HOST$|EDGE_PORT$|SFTP_|IOT_)/
  return {
    ...Object.fromEntries(Object.entries(toolchain.env).filter(([name]) => !foreign.test(name))),
    PYTHONUNBUFFERED: '1',
    BIND_HOST: loopbackHost,
    GATEWAY_PORT: String(port),
    SERVICES: emulatedServices.join(','),
    MINISTACK_ACCOUNT_ID: accountId,
    MINISTACK_REGION: region,
    // It is told in the answer to a health check.
    MINISTACK_EDITION: name,
    S3_PERSIST: '1',
    S3_DATA_DIR: join(folder, 's3'),
    PERSIST_STATE: '1',
    STATE_DIR: join(folder, 'state'),
    LOG_LEVEL: 'WARNING',
    TMPDIR: scratchFolder,
  }
}

// Of two emulators that were given the same port one answers and the other ends.
async function requireAnswer(url: string, name: string): Promise<void> {
  const { edition } = (await (await fetch(`${url}/_ministack/health`)).json()) as { edition?: unknown }
  if (edition === name) return
  throw new TidewaterError('PROCESS_FAILED', `${url} is answered by another emulator`, { retryable: true })
}

/** Tells the emulator which service is meant; it takes any signature. */
export function scopeHeaders(service: string): Record<string, string> {
  const scope = `local/20260101/us-east-1/${service}/aws4_request`
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  }
}
