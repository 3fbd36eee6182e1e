import { readFile } from 'node:fs/promises'
import { type IamDocument, parseDocument, renderCredentials, renderDocument } from './document.js'
import type { IamPaths } from './paths.js'
import { writePrivateFile } from './private-file.js'

/** The broker's configuration, and the users' credentials for those who are to be them. */
export async function writeIamFiles(paths: IamPaths, document: IamDocument): Promise<void> {
  await writePrivateFile(paths.credentialsFile, renderCredentials(document))
  await writePrivateFile(paths.configFile, renderDocument(document))
}

/** What is configured in a state folder; undefined when nothing is. */
export async function readIamDocument(configFile: string): Promise<IamDocument | undefined> {
  let text: string
  try {
    text = await readFile(configFile, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
  return parseDocument(text, configFile)
}
