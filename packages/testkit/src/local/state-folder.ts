import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { guardFolder, releaseFolder } from '../supervisor/guard.js'
import { requireWritableFolder } from '../toolchain/writable-folder.js'
import { brokerFolder } from './broker-files.js'
import { mostBrokers, nodeIds } from './listeners.js'
import type { LocalStackConfig } from './options.js'
import { stackFile } from './stack-state.js'

export interface StateFolder {
  readonly folder: string
  /** What goes when the stack stops. */
  readonly disposables: readonly string[]
}

/** Makes the stack's folder; the guard removes what is not to stay when this process dies. */
export async function prepareStateFolder(config: LocalStackConfig): Promise<StateFolder> {
  checkStateFolder(config.stateFolder)
  const temporary = config.stateFolder === undefined
  const remedy = 'Choose another stateFolder, or leave it out for a temporary one.'
  if (temporary) await requireWritableFolder(tmpdir(), 'temporary folder', 'Set TMPDIR to another folder.')
  const folder = config.stateFolder
    ? resolve(config.stateFolder)
    : await mkdtemp(join(tmpdir(), 'tidewater-local-'))
  const keep = config.keep ?? !temporary
  const disposables = keep ? [] : temporary ? [folder] : ownedPaths(folder)
  for (const path of disposables) guardFolder(path)
  await requireWritableFolder(folder, 'state folder', remedy)
  for (const id of nodeIds(config.brokers)) await mkdir(brokerFolder(folder, id), { recursive: true })
  await mkdir(join(folder, 'warehouse'), { recursive: true })
  return { folder, disposables }
}

/** Removes folders and files that belong to the stack, and takes them from the guard. */
export async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    releaseFolder(path)
  }
}

/** Takes folders and files from the guard, which would have removed them with the end of this process. */
export function leaveAll(paths: readonly string[]): void {
  for (const path of paths) releaseFolder(path)
}

/** What a stack makes in its state folder: a folder the caller named may hold other things as well. */
export function ownedPaths(stateFolder: string): string[] {
  const folders = ['aws', 'iam', 'spark', 'warehouse'].map((name) => join(stateFolder, name))
  const brokers = nodeIds(mostBrokers).map((id) => brokerFolder(stateFolder, id))
  return [stackFile(stateFolder), ...brokers, ...folders]
}

function checkStateFolder(folder: string | undefined): void {
  // Kafka reads log.dirs as a comma-separated list.
  if (folder === undefined || !/[,\n]/.test(folder)) return
  throw new TidewaterError('CONFIG_INVALID', `The state folder ${folder} holds a comma or a line end`, {
    remedy: 'Choose a stateFolder without them.',
    details: { stateFolder: folder },
  })
}
