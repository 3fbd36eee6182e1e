import { join } from 'node:path'
import { TidewaterError } from '@tidewater/core'
import { testkitFolder } from '../package-folders.js'
import type { ToolchainOptions } from './jars.js'
import { ensurePythonEnvironment } from './python-env.js'
import { requirePrerequisites } from './require-prerequisites.js'

/**
 * The Python of the environment that has the AWS emulator, made the first time.
 *
 * @throws TidewaterError `PREREQUISITE_TOO_OLD`: it needs a newer Python than Spark does; as `ensurePythonEnvironment` does
 */
export async function prepareAwsEmulator(toolchain: ToolchainOptions): Promise<string> {
  const { python } = await requirePrerequisites(['python'], toolchain.env)
  if (/^3\.\d(\.|$)/.test(python?.version ?? ''))
    throw new TidewaterError(
      'PREREQUISITE_TOO_OLD',
      `The AWS services need Python 3.10, not ${python?.version}`,
      {
        remedy: 'Put Python 3.10 or newer first on PATH.',
        details: { found: python?.version, needed: '3.10' },
      },
    )
  return ensurePythonEnvironment(
    python ?? {},
    toolchain,
    join(testkitFolder(), 'python', 'aws-emulator', 'requirements.txt'),
  )
}
