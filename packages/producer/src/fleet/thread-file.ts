import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WorkerOptions } from 'node:worker_threads'

/** The worker threads' module, and the options it needs: beside this one, and of its kind (ESM, CommonJS or source). */
export function threadFile(): { url: URL; options: Pick<WorkerOptions, 'execArgv'> } {
  const extension = extname(fileURLToPath(import.meta.url))
  if (extension !== '.ts') return { url: new URL(`./fleet-thread${extension}`, import.meta.url), options: {} }
  return {
    url: new URL('./from-source.mjs', import.meta.url),
    options: { execArgv: ['--conditions=@tidewater/source'] },
  }
}
