import { fileURLToPath, pathToFileURL } from 'node:url'
import { describeValue } from '../config/parse.js'
import { messageOf, TidewaterError } from '../errors.js'

export type Location =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 's3'; readonly bucket: string; readonly key: string }

/**
 * What a location means. Unlike `parseS3Location` it takes any key, also one that no policy could name.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function parseLocation(text: string): Location {
  if (text.startsWith('/')) return { type: 'file', path: text }
  if (text.startsWith('file:')) return { type: 'file', path: filePath(text) }
  // EMR's log URIs say s3n://, the name of a file system that is gone.
  const [, bucket, key = ''] = /^s3[an]?:\/\/([^/]+)(?:\/(.*))?$/s.exec(text) ?? []
  if (bucket !== undefined) return { type: 's3', bucket, key }
  throw invalid(text, 'is none')
}

/** The location of something in a folder, written the way `folder` is. */
export function joinLocation(folder: string, ...names: readonly string[]): string {
  if (folder.startsWith('file:')) return pathToFileURL(joinLocation(filePath(folder), ...names)).href
  return [folder.replace(/\/+$/, ''), ...names].join('/')
}

function filePath(text: string): string {
  // Hadoop writes file:/path, with one slash.
  if (/^file:\/(?!\/)/.test(text)) return text.slice('file:'.length)
  try {
    return fileURLToPath(text)
  } catch (cause) {
    throw invalid(text, messageOf(cause))
  }
}

function invalid(text: string, why: string): TidewaterError {
  return new TidewaterError('CONFIG_INVALID', `Not a location: ${describeValue(text)} (${why})`, {
    remedy: 'Give s3://<bucket>/<key>, file:///<path> or an absolute path.',
    details: { location: text },
  })
}
