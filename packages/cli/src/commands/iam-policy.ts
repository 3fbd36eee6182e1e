import {
  checkPolicy,
  type Finding,
  iamPolicy,
  isAtLeast,
  type PolicyRequest,
  type Severity,
} from '@tidewater/core'
import type { CliIo } from '../io.js'
import { writeJson } from '../terminal/report-error.js'
import { readJson } from './read-document.js'

export interface TableOption {
  readonly database: string
  readonly name: string
  readonly location?: string
}

/** Prints the policy a request asks for; `request` is checked by the generator, which names what a role doesn't take. */
export function iamPolicyDocument(
  request: Readonly<Record<string, unknown>>,
  options: { readonly explain: boolean; readonly json: boolean },
  io: CliIo,
): void {
  const policy = iamPolicy(request as PolicyRequest)
  // With --json the explanations are in the document already.
  if (options.explain && !options.json) {
    for (const { sid, why, source } of policy.explanations) io.stderr(`${sid}: ${why}\n  source: ${source}\n`)
  }
  writeJson(io, options.json ? policy : policy.document)
}

/** Prints what is wrong with a policy document; returns whether a finding reaches `failOn`. */
export async function iamCheck(
  path: string,
  options: { readonly failOn: Severity; readonly json: boolean },
  io: CliIo,
): Promise<boolean> {
  const findings = checkPolicy(await readJson(path, 'policy document', io))
  if (options.json) writeJson(io, { findings })
  else io.stdout(findings.length === 0 ? 'No findings.\n' : findings.map(renderFinding).join(''))
  return findings.some(({ severity }) => isAtLeast(severity, options.failOn))
}

function renderFinding({ id, severity, subject, evidence, reason, fix }: Finding): string {
  return `${severity} ${id}: ${subject}\n  ${evidence}\n  ${reason}\n  fix: ${fix}\n`
}
