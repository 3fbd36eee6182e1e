import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, TidewaterError } from '@tidewater/core'

/**
 * Creates the folder where absent and proves that files can be created in it.
 *
 * @throws TidewaterError `FOLDER_NOT_WRITABLE` naming the folder and what to do
 */
export async function requireWritableFolder(folder: string, what: string, remedy: string): Promise<void> {
  // Asking for permissions is not enough: root passes every such check on a read-only file system.
  const probe = join(folder, `.write-probe-${randomUUID()}`)
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(probe, '')
    await rm(probe)
  } catch (thrown) {
    throw new TidewaterError(
      'FOLDER_NOT_WRITABLE',
      `The ${what} ${folder} can't be written: ${messageOf(thrown)}`,
      { remedy, details: { folder }, cause: thrown },
    )
  }
}
