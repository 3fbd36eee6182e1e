import { TidewaterError } from '@tidewater/core'
import {
  describeFindings,
  judgePrerequisites,
  type Prerequisite,
  PrerequisiteError,
  type PrerequisiteProbes,
  probePrerequisites,
} from './prerequisites.mjs'

/**
 * Probes the tools named.
 *
 * @returns what the probes saw, the commands to use among it
 * @throws TidewaterError `PREREQUISITE_MISSING` or `PREREQUISITE_TOO_OLD`: one error that names all that does not fit
 */
export async function requirePrerequisites(
  needs: readonly Prerequisite[],
  env: NodeJS.ProcessEnv,
): Promise<PrerequisiteProbes> {
  const probes = await probePrerequisites(needs, env)
  const findings = judgePrerequisites(probes)
  if (findings.length === 0) return probes
  throw new TidewaterError(new PrerequisiteError(findings).code, describeFindings(findings), {
    remedy: `Install or update ${findings.map(({ name }) => name).join(', ')}.`,
    details: { findings },
  })
}
