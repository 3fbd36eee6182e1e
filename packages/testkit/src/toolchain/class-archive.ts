import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, TidewaterError, throwIfAborted } from '@tidewater/core'
import { ensureCacheEntry } from './cache-entry.js'
import { cacheKey } from './cache-folder.js'
import type { ToolchainOptions } from './jars.js'

export interface ClassArchivePlan {
  readonly kind: 'spark-classes' | 'kafka-classes'
  /** What progress calls it: "Spark's classes". */
  readonly title: string
  /** Of what the archive is bound to: the JVM's version, the jars and whatever decides which classes are loaded. */
  readonly keyParts: readonly string[]
  /**
   * Runs a JVM that writes the archive.
   *
   * @param workFolder empty, and removed afterwards
   */
  make(archiveFile: string, workFolder: string): Promise<void>
}

/**
 * The classes of a program as its JVM has them in memory (class data sharing, JEP 350), made the first time by running it: a
 * later start maps them instead of loading and verifying them. That they can't be archived only costs time later.
 *
 * @returns undefined where the JVM could not write an archive
 */
export async function ensureClassArchive(
  { kind, title, keyParts, make }: ClassArchivePlan,
  { cacheFolder, onProgress, signal }: ToolchainOptions,
): Promise<string | undefined> {
  const say = (text: string, state: 'started' | 'running' | 'done') =>
    onProgress?.(`${title}: ${text}`, { step: kind, state })
  const folder = await ensureCacheEntry(
    { cacheFolder, kind, key: cacheKey(kind, keyParts) },
    async (target) => {
      const startedAtMs = performance.now()
      say('archiving them, which halves each later start', 'started')
      const work = join(target, 'work')
      await mkdir(work)
      try {
        await make(archiveIn(target), work)
        say(`archived in ${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s`, 'done')
      } catch (thrown) {
        throwIfAborted(signal)
        if (!TidewaterError.isInstance(thrown)) throw thrown
        await rm(archiveIn(target), { force: true })
        say(`could not be archived, so that each start takes as long as ever: ${messageOf(thrown)}`, 'done')
      } finally {
        await rm(work, { recursive: true, force: true })
      }
    },
    { signal, onWait: (pid) => say(`waiting for process ${pid}, which archives them`, 'running') },
  )
  return existsSync(archiveIn(folder)) ? archiveIn(folder) : undefined
}

function archiveIn(folder: string): string {
  return join(folder, 'classes.jsa')
}
