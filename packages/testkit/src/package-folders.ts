import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TidewaterError } from '@tidewater/core'

/**
 * This package's own folder. Built code lies in `dist`, sources in `src`, so the folder is found by the package.json
 * above whichever of them runs.
 */
export function testkitFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === '@tidewater/testkit')
      return folder
    if (folder === dirname(folder))
      throw new TidewaterError('INTERNAL', 'The folder of @tidewater/testkit was not found', {
        remedy: 'Do not bundle @tidewater/testkit: it starts programs from its own folder.',
      })
  }
}

/** Folder of @tidewater/spark: the Python modules, their schemas, and requirements.txt. */
export function sparkPackageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@tidewater/spark/package.json'))
}
