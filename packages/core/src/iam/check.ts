import type { Finding } from '../finding.js'
import { checkDependencies } from './check-dependencies.js'
import { checkStatement } from './check-statement.js'
import { countPolicyCharacters, maxPolicyCharacters } from './policy.js'
import { type ReadStatement, readPolicy } from './read-policy.js'

/**
 * What is wrong with a policy for MSK, whoever wrote it: actions that never match, that miss another action, or that are
 * granted on more than needed. It judges this document alone, not the others a role may have.
 *
 * @throws TidewaterError `CONFIG_INVALID` when it isn't an identity-based IAM policy
 */
export function checkPolicy(document: unknown): readonly Finding[] {
  const statements = readPolicy(document)
  return [
    ...checkSize(document),
    ...checkSids(statements),
    ...statements.flatMap(checkStatement),
    ...checkDependencies(statements),
  ]
}

function checkSize(document: unknown): Finding[] {
  const characters = countPolicyCharacters(document)
  if (characters <= maxPolicyCharacters) return []
  return [
    {
      id: 'iam.policy-too-large',
      severity: 'error',
      subject: 'the policy',
      evidence: `${characters} characters without white space`,
      reason: `IAM accepts at most ${maxPolicyCharacters} in a managed policy.`,
      fix: 'Replace names that begin alike by one prefix wildcard, or split the policy.',
    },
  ]
}

function checkSids(statements: readonly ReadStatement[]): Finding[] {
  const counts = new Map<string, number>()
  for (const { sid } of statements) if (sid !== undefined) counts.set(sid, (counts.get(sid) ?? 0) + 1)
  return [...counts].flatMap(([sid, count]) => {
    const problem = /^[A-Za-z0-9]*$/.test(sid) ? undefined : 'has characters other than letters and digits'
    const evidence = count > 1 ? `${count} statements have it` : problem
    if (evidence === undefined) return []
    return {
      id: 'iam.invalid-sid',
      severity: 'error' as const,
      subject: `Sid ${JSON.stringify(sid)}`,
      evidence,
      reason: 'IAM refuses the whole policy: a Sid is unique and made of letters and digits.',
      fix: 'Rename the Sid.',
    }
  })
}
