import { TidewaterError } from '@tidewater/core'
import type { RewriteDataFiles, RewritePositionDeleteFiles, TableOperationName } from './operation.js'
import { unsupportedByEngine } from './unsupported.js'

/** Refuses what came with a later version of Iceberg than the one that is there. */
export type Gate = (version: string, what: string, alternative: string) => void

/** @param icebergVersion such as `1.10.1` or `1.7.1-amzn-0` */
export function gateOf(operation: TableOperationName, icebergVersion: string): Gate {
  return (version, what, alternative) => {
    if (isBefore(icebergVersion, version))
      throw unsupportedByEngine(
        `Iceberg ${icebergVersion} on Spark`,
        operation,
        `${what} before Iceberg ${version}`,
        alternative,
      )
  }
}

/**
 * The options of `rewrite_data_files`, by the names that Iceberg has for them.
 *
 * @throws TidewaterError `UNSUPPORTED_BY_ENGINE`, `CONFIG_INVALID` for a number out of bounds
 */
export function rewriteDataFilesOptions(operation: RewriteDataFiles, needs: Gate): Record<string, string> {
  if (operation.deleteRatioThreshold !== undefined)
    needs('1.8.0', 'delete-ratio-threshold', 'Use deleteFileThreshold.')
  if (operation.removesDanglingDeletes !== undefined)
    needs('1.7.0', 'remove-dangling-deletes', 'Use rewrite_position_delete_files.')
  if (operation.maxFailedCommits !== undefined)
    needs('1.6.0', 'partial-progress.max-failed-commits', 'Leave it out; the effect is measured afterwards.')
  if (operation.outputSpecId !== undefined)
    needs('1.6.0', 'output-spec-id', "Rewrite into the table's current spec.")
  if (operation.maxFilesToRewrite !== undefined)
    needs('1.10.0', 'max-files-to-rewrite', 'Narrow the operation by where.')
  return given({
    'target-file-size-bytes': operation.targetFileSizeBytes,
    'min-input-files': operation.minInputFiles,
    'min-file-size-bytes': operation.minFileSizeBytes,
    'max-file-size-bytes': operation.maxFileSizeBytes,
    'delete-file-threshold': operation.deleteFileThreshold,
    'delete-ratio-threshold': operation.deleteRatioThreshold,
    'remove-dangling-deletes': operation.removesDanglingDeletes,
    'partial-progress.enabled': operation.maxCommits === undefined ? undefined : true,
    'partial-progress.max-commits': operation.maxCommits,
    'partial-progress.max-failed-commits': operation.maxFailedCommits,
    'max-files-to-rewrite': operation.maxFilesToRewrite,
    'max-file-group-size-bytes': operation.maxFileGroupSizeBytes,
    'output-spec-id': operation.outputSpecId,
  })
}

/** @throws TidewaterError `CONFIG_INVALID` for a number out of bounds */
export function rewritePositionDeleteFilesOptions(
  operation: RewritePositionDeleteFiles,
): Record<string, string> {
  return given({
    'target-file-size-bytes': operation.targetFileSizeBytes,
    'min-input-files': operation.minInputFiles,
  })
}

function given(options: Readonly<Record<string, number | boolean | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options)
      .filter((entry): entry is [string, number | boolean] => entry[1] !== undefined)
      .map(([name, value]) => [name, typeof value === 'boolean' ? String(value) : amount(value, name)]),
  )
}

function amount(value: number, name: string): string {
  const isRatio = name.endsWith('-ratio-threshold')
  const isRight = isRatio ? value >= 0 && value <= 1 : Number.isSafeInteger(value) && value >= 0
  if (isRight) return String(value)
  throw new TidewaterError('CONFIG_INVALID', `Not a usable ${name}: ${value}`, {
    remedy: isRatio ? 'Give a ratio from 0 to 1.' : 'Give a whole number from 0.',
  })
}

export function isBefore(version: string, other: string): boolean {
  const [have, need] = [version, other].map((one) => one.split('.').map((part) => Number.parseInt(part, 10)))
  for (const [at, part] of (need ?? []).entries()) {
    const difference = (have?.[at] ?? 0) - part
    if (difference !== 0) return difference < 0
  }
  return false
}
