import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { preparePython } from '../../src/index.js'
import { supervise } from '../../src/supervisor/supervise.js'
import { type LocalService, startService } from './local-service.js'

const clientsFolder = join(import.meta.dirname, 'registry-clients')

/** What AWS's libraries take for credentials; moto doesn't look at them. */
export const anyCredentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } as const

function pythonEnv(folder: string): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    // No configuration of this machine's user gets in.
    HOME: folder,
    AWS_ACCESS_KEY_ID: anyCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: anyCredentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    PYTHONDONTWRITEBYTECODE: '1',
  }
}

/** The Python that has moto and the registries' clients; made the first time, which takes as long as its downloads. */
export const preparePythonClients = () => preparePython(join(clientsFolder, 'requirements.txt'))

/** Moto, which has Glue's schema registry; it checks no compatibility and nobody's rights. */
export async function startMoto(): Promise<LocalService> {
  const command = await preparePythonClients()
  return startService('moto', '/moto-api/', (port, folder) => ({
    command,
    args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    env: pythonEnv(folder),
  }))
}

export type ForeignRegistry =
  | { readonly type: 'confluent'; readonly url: string }
  | { readonly type: 'glue'; readonly url: string; readonly region: string; readonly registryName: string }

export interface ForeignReading {
  readonly brokers: string
  /** Of one partition. */
  readonly topic: string
  readonly count: number
  readonly registry: ForeignRegistry
}

export interface ForeignRecord {
  readonly value: Buffer
  readonly headers: Readonly<Record<string, Buffer>>
  /** What the registry's own client for Python makes of it. */
  readonly decoded: unknown
}

// A client that hangs is killed by it; nothing is judged by its length.
const hangTimeoutMs = 100_000

export async function readWithForeignClients(reading: ForeignReading): Promise<ForeignRecord[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tidewater-registry-clients-'))
  try {
    const readingFile = join(folder, 'reading.json')
    await writeFile(readingFile, JSON.stringify(reading))
    const records: ForeignRecord[] = []
    const client = await supervise({
      name: 'Python registry client',
      command: await preparePythonClients(),
      args: [join(clientsFolder, 'read.py'), readingFile],
      cwd: folder,
      env: pythonEnv(folder),
      logFile: join(folder, 'client.log'),
      onStdoutLine: (line) => records.push(parseRecord(line)),
    })
    const timer = setTimeout(() => void client.kill(), hangTimeoutMs)
    const { code } = await client.ended
    clearTimeout(timer)
    if (code !== 0) throw await client.failure('did not end well')
    return records
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function parseRecord(line: string): ForeignRecord {
  const { value, headers, decoded } = JSON.parse(line)
  const bytes = (text: unknown) => Buffer.from(String(text), 'base64')
  return {
    value: bytes(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, bytes(text)])),
    decoded,
  }
}
