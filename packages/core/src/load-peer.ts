import { type ErrorCode, messageOf, TidewaterError } from './errors.js'

/**
 * Loads a library that is an optional peer dependency.
 *
 * @param load the dynamic import, written out by the caller so that bundlers see the package's name
 * @throws TidewaterError `DRIVER_NOT_INSTALLED`, or `code`
 */
export async function loadPeer<T>(
  packageName: string,
  load: () => Promise<T>,
  code: ErrorCode = 'DRIVER_NOT_INSTALLED',
): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new TidewaterError(code, describe(packageName, cause), {
      remedy: isMissing(packageName, cause) ? `npm install ${packageName}` : `npm rebuild ${packageName}`,
      details: { package: packageName },
      cause,
    })
  }
}

function describe(packageName: string, cause: unknown): string {
  if (isMissing(packageName, cause)) return `The package ${packageName} isn't installed`
  return `The package ${packageName} is installed but doesn't load: ${messageOf(cause).split('\n')[0]}`
}

function isMissing(packageName: string, cause: unknown): boolean {
  const code = (cause as { code?: unknown } | null)?.code
  const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  // A package that is there but misses one of its own files or dependencies needs another remedy.
  return missing && new RegExp(`['"]${packageName.replaceAll('/', '\\/')}['"]`).test(messageOf(cause))
}
