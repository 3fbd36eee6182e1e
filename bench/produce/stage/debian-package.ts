import { TidewaterError } from '@tidewater/core'
import { runCommand } from './command.js'

/**
 * Installs the package through apt-get where it is missing and this process may.
 *
 * @throws TidewaterError `PREREQUISITE_MISSING` naming the package, `PROCESS_FAILED` with what apt-get printed
 */
export async function ensureDebianPackage(
  name: string,
  { signal, say }: { readonly signal: AbortSignal; readonly say: (text: string) => void },
): Promise<void> {
  const status = await runCommand({ program: 'dpkg-query', args: ['--status', name] }, signal).catch(
    (thrown: unknown) => {
      signal.throwIfAborted()
      return String(thrown)
    },
  )
  if (status.includes('Status: install ok installed')) return
  if (process.getuid?.() !== 0 || status.includes('ENOENT')) {
    throw new TidewaterError('PREREQUISITE_MISSING', `The Debian package ${name} is not installed`, {
      remedy: `Run as root: apt-get install -y --no-install-recommends ${name}`,
    })
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', name]]) {
    say(`apt-get ${args.join(' ')}`)
    await runCommand({ program: 'apt-get', args, env }, signal)
  }
}
