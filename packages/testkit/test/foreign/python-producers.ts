import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { supervise } from '../../src/supervisor/supervise.js'
import { clientsFolder, type ForeignToolchain } from './foreign-toolchain.js'

/** A producer of confluent-kafka, which signs as AWS's guide says. */
export interface PythonAttempt {
  /** Its client.id too. */
  readonly name: string
  readonly bootstrapBrokers: string
  readonly topic: string
  /** null: the certificates that librdkafka came with. */
  readonly caFile: string | null
  readonly region: string
  /** Where boto3 finds credentials. */
  readonly env: Readonly<Record<string, string>>
  /** What is done to the token on its way, or `plaintext`: neither TLS nor a token. */
  readonly tamper: 'signature' | 'host' | 'plaintext' | null
  readonly messageTimeoutMs: number
  /** Values are 0, 1, 2, …; so many of them at once. */
  readonly records?: number
  /** Values are 0, 1, 2, …; one after the other for so long. */
  readonly seconds?: number
}

export interface PythonOutcome {
  readonly name: string
  readonly produced: number
  readonly delivered: number
  /** What delivery reports said, each text once. */
  readonly failures: readonly string[]
  /** What the client said of its connections, each text once. */
  readonly errors: readonly string[]
}

// Attempts that hang are killed by it; nothing is judged by its length.
const hangTimeoutMs = 110_000

/** Runs all attempts at once, each in a process of its own. */
export async function runPythonProducers(
  { python }: ForeignToolchain,
  attempts: readonly PythonAttempt[],
): Promise<ReadonlyMap<string, PythonOutcome>> {
  // mkdtemp makes a folder of its owner alone: the attempts hold secrets.
  const folder = await mkdtemp(join(tmpdir(), 'tidewater-foreign-'))
  try {
    const attemptsFile = join(folder, 'attempts.json')
    await writeFile(attemptsFile, JSON.stringify(attempts), { mode: 0o600 })
    const outcomes = new Map<string, PythonOutcome>()
    const clients = await supervise({
      name: 'Python producers',
      command: python,
      args: [join(clientsFolder, 'produce.py'), attemptsFile],
      cwd: folder,
      // No configuration of this machine's user gets in.
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        AWS_EC2_METADATA_DISABLED: 'true',
        PYTHONDONTWRITEBYTECODE: '1',
      },
      logFile: join(folder, 'clients.log'),
      onStdoutLine: (line) => {
        const outcome = JSON.parse(line) as PythonOutcome
        outcomes.set(outcome.name, outcome)
      },
    })
    const timer = setTimeout(() => void clients.kill(), hangTimeoutMs)
    const { code } = await clients.ended
    clearTimeout(timer)
    if (code !== 0) throw await clients.failure('did not end well')
    return outcomes
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
