import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePorts } from '../../src/local/ports.js'
import { becomesReady } from '../../src/supervisor/ready.js'
import { type ProcessSpec, supervise } from '../../src/supervisor/supervise.js'

/** A service of its own process on a loopback port. */
export interface LocalService {
  readonly url: string
  stop(): Promise<void>
}

/** For a hook that may have to download first: ends one that hangs. */
export const setUpTimeoutMs = 600_000

// A start that hangs is ended by it; nothing is judged by its length.
const readyTimeoutMs = 110_000
const stopGraceMs = 5_000

/** Starts it on a free port, in an empty folder, and waits until `path` is answered. */
export async function startService(
  name: string,
  path: string,
  spec: (port: number, folder: string) => Pick<ProcessSpec, 'command' | 'args' | 'env'>,
): Promise<LocalService> {
  const [port = 0] = await findFreePorts(1)
  const folder = await mkdtemp(join(tmpdir(), 'tidewater-registry-'))
  const url = `http://127.0.0.1:${port}`
  const started = await supervise({
    ...spec(port, folder),
    name,
    cwd: folder,
    logFile: join(folder, 'service.log'),
  })
  const answered = async () => {
    const { ok, status } = await fetch(url + path)
    if (!ok) throw new TypeError(`${url}${path} answered ${status}`)
  }
  await becomesReady(started, answered, { timeoutMs: readyTimeoutMs })
  return {
    url,
    async stop() {
      await started.stop(stopGraceMs)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
