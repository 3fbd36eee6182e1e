import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { prepareToolchain } from '../../src/index.js'
import { ensureCacheEntry } from '../../src/toolchain/cache-entry.js'
import { cacheKey } from '../../src/toolchain/cache-folder.js'
import { requirePrerequisites } from '../../src/toolchain/require-prerequisites.js'
import { resolveToolchainOptions } from '../../src/toolchain/toolchain.js'
import type { ReadRecord } from './read-record.js'

const readers = join(import.meta.dirname, 'readers')
// A reader that waits for records that don't come is ended by it; nothing is judged by its length.
const options = { timeout: 100_000, killSignal: 'SIGKILL', maxBuffer: 256 * 1024 * 1024 } as const
const run = promisify(execFile)

export interface JavaRecord extends ReadRecord {
  readonly timestampType: string
  /** Where Java's producer puts the key; -1 without one. */
  readonly keyPartition: number
}

/** Everything in the topics, by Kafka's own client. */
export async function readByJava(brokers: string, topics: readonly string[]): Promise<JavaRecord[]> {
  const { java } = await requirePrerequisites(['java', 'javac'], process.env)
  const { kafkaJarsFolder } = await prepareToolchain({ parts: ['kafka'] })
  const classPath = join(kafkaJarsFolder ?? '', '*')
  const program = join(readers, 'ReadRecords.java')
  const args = ['-XX:TieredStopAtLevel=1', '-cp', classPath, program, brokers, ...topics]
  return linesOf<JavaRecord>(await run(java?.command ?? 'java', args, options))
}

/** The first `count` records of the topic, by @platformatic/kafka. */
export async function readByPlatformatic(
  version: string,
  brokers: string,
  topic: string,
  count: number,
): Promise<ReadRecord[]> {
  const args = [
    join(readers, 'read-records.mjs'),
    await platformaticFile(version),
    brokers,
    topic,
    `${count}`,
  ]
  return linesOf<ReadRecord>(await run(process.execPath, args, options))
}

/** The file it is imported from. By npm: parts of it ask for a newer Node than they need, which pnpm takes at its word here. */
async function platformaticFile(version: string): Promise<string> {
  const name = '@platformatic/kafka'
  const { cacheFolder } = resolveToolchainOptions()
  const key = cacheKey('platformatic', [version, process.version])
  const folder = await ensureCacheEntry({ cacheFolder, kind: 'npm', key }, async (into) => {
    const quiet = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund']
    const settings = ['--engine-strict=false', '--loglevel=error', '--prefix', into]
    await run('npm', ['install', ...quiet, ...settings, `${name}@${version}`], options)
  })
  return createRequire(join(folder, 'package.json')).resolve(name)
}

function linesOf<Line>({ stdout }: { readonly stdout: string }): Line[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line) as Line)
}
