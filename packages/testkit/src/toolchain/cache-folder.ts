import { createHash } from 'node:crypto'
import { isAbsolute, join, resolve } from 'node:path'

/**
 * Where downloads are kept between runs: $TIDEWATER_CACHE_FOLDER, else $XDG_CACHE_HOME/tidewater, else
 * ~/Library/Caches/tidewater on macOS and ~/.cache/tidewater elsewhere.
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
  homeFolder: string,
): string {
  // Absolute, because Maven, pip and Java would each look for a relative one from a folder of their own.
  if (env.TIDEWATER_CACHE_FOLDER) return resolve(env.TIDEWATER_CACHE_FOLDER)
  // The XDG Base Directory Specification: a relative path in it is to be ignored.
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, 'tidewater')
  return platform === 'darwin'
    ? join(homeFolder, 'Library', 'Caches', 'tidewater')
    : join(homeFolder, '.cache', 'tidewater')
}

/** Name of a cache entry: changes with anything its content depends on. */
export function cacheKey(name: string, inputs: readonly string[]): string {
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(input).update('\0')
  return `${name}-${hash.digest('hex').slice(0, 16)}`
}
