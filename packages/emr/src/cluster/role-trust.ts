import type { Finding } from '@tidewater/core'

export interface NeededRole {
  /** Such as `service role`. */
  readonly what: string
  readonly name: string
  /** Who has to be able to assume it, such as `elasticmapreduce.amazonaws.com`. */
  readonly principal: string
}

interface TrustStatement {
  readonly Effect?: string
  readonly Action?: string | readonly string[]
  readonly Principal?: string | { readonly Service?: string | readonly string[] }
}

/**
 * Whether the service may assume the role, by the role's trust policy.
 *
 * @param trustPolicy as IAM answers it: JSON, percent-encoded; undefined when there is no such role
 */
export function roleTrustFindings(role: NeededRole, trustPolicy: string | undefined): Finding[] {
  if (trustPolicy === undefined) return [missingRole(role)]
  return statementsOf(trustPolicy).some((one) => trusts(one, role.principal)) ? [] : [untrusted(role)]
}

function statementsOf(trustPolicy: string): TrustStatement[] {
  const { Statement = [] } = JSON.parse(decodeURIComponent(trustPolicy)) as {
    Statement?: TrustStatement | TrustStatement[]
  }
  return [Statement].flat()
}

function trusts({ Effect, Action = [], Principal }: TrustStatement, service: string): boolean {
  const actions = [Action].flat()
  if (
    Effect !== 'Allow' ||
    !actions.some((one) => one === 'sts:AssumeRole' || one === 'sts:*' || one === '*')
  )
    return false
  if (typeof Principal === 'string') return Principal === '*'
  const services = [Principal?.Service ?? []].flat()
  // In AWS's partition of China some principals have its domain.
  return services.includes(service) || services.includes(`${service}.cn`)
}

function missingRole({ what, name, principal }: NeededRole): Finding {
  return {
    id: 'emr.role-missing',
    severity: 'error',
    subject: name,
    evidence: `the ${what} ${name} doesn't exist`,
    reason: 'The service has nothing to act by, and refuses the cluster.',
    fix: `Create it with a trust policy for ${principal}, or correct the name${
      principal === 'elasticmapreduce.amazonaws.com' || principal === 'ec2.amazonaws.com'
        ? '; `aws emr create-default-roles` creates the default ones'
        : ''
    }.`,
  }
}

function untrusted({ what, name, principal }: NeededRole): Finding {
  return {
    id: 'emr.role-not-assumable',
    severity: 'error',
    subject: name,
    evidence: `the ${what} ${name} can't be assumed by ${principal}`,
    reason: 'The cluster would be taken, and end while it starts.',
    fix: `Add to its trust policy: {"Effect":"Allow","Principal":{"Service":"${principal}"},"Action":"sts:AssumeRole"}`,
  }
}
