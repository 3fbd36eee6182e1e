import { readFile } from 'node:fs/promises'
import { messageOf, TidewaterError } from '@tidewater/core'
import { type MaintenancePolicy, parsePolicy } from '@tidewater/iceberg-ops'
import { parse } from 'yaml'
import { type CliIo, resolvePath } from '../io.js'

/**
 * A maintenance policy from a file of YAML or JSON.
 *
 * @throws TidewaterError `USAGE` when it can't be read, `CONFIG_INVALID` naming each field that is wrong
 */
export async function readPolicy(path: string, io: CliIo): Promise<MaintenancePolicy> {
  let document: unknown
  try {
    // JSON is YAML too. Aliases could make a small file a large document.
    document = parse(await readFile(resolvePath(io, path), 'utf8'), { maxAliasCount: 0 })
  } catch (cause) {
    throw new TidewaterError('USAGE', `Can't read the policy ${path}: ${messageOf(cause)}`, {
      remedy: 'Name a file that holds one policy, in YAML or JSON.',
    })
  }
  return parsePolicy(document)
}
