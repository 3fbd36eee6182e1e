import type { Finding } from '@tidewater/core'
import type { KafkaAccess } from './fields.js'

/** Ports of MSK's brokers inside the VPC, by how clients log in. */
export const kafkaPorts = { iam: 9098, tls: 9094, plaintext: 9092 } as const

/** An inbound rule, as DescribeSecurityGroups has it. */
export interface IngressRule {
  readonly IpProtocol?: string | undefined
  readonly FromPort?: number | undefined
  readonly ToPort?: number | undefined
  readonly UserIdGroupPairs?: readonly { readonly GroupId?: string | undefined }[] | undefined
  readonly IpRanges?: readonly { readonly CidrIp?: string | undefined }[] | undefined
  readonly PrefixListIds?: readonly { readonly PrefixListId?: string | undefined }[] | undefined
}

/** As DescribeSecurityGroups answers. */
export interface SecurityGroup {
  readonly GroupId?: string | undefined
  readonly IpPermissions?: readonly IngressRule[] | undefined
}

/** The groups of nodes of one sort; one of them has to be let in. */
export interface NodeGroups {
  /** Such as `core and task nodes`. */
  readonly nodes: string
  readonly securityGroupIds: readonly string[]
}

/**
 * Whether the brokers let the nodes in, by what DescribeSecurityGroups said of the brokers' groups; what is missing is proposed as
 * the one rule that lets them in. Rules of all of a broker's groups add up.
 */
export function kafkaIngressFindings(
  { securityGroupIds, access }: KafkaAccess,
  nodes: readonly NodeGroups[],
  groups: readonly SecurityGroup[],
): Finding[] {
  const port = kafkaPorts[access]
  const missing = securityGroupIds.filter((id) => !groups.some(({ GroupId }) => GroupId === id))
  if (missing.length > 0) return missing.map(unknownGroup)
  const rules = groups
    .filter(({ GroupId = '' }) => securityGroupIds.includes(GroupId))
    .flatMap(({ IpPermissions }) => IpPermissions ?? [])
    .filter((rule) => covers(rule, port))
  const target = securityGroupIds[0] ?? ''
  return nodes.flatMap((sort) => {
    if (sort.securityGroupIds.length === 0) return [unnamedGroups(sort.nodes, target, port)]
    if (rules.some((rule) => lets(rule, sort.securityGroupIds))) return []
    return [notLetIn(sort, target, port, addressesOf(rules))]
  })
}

function covers({ IpProtocol, FromPort, ToPort }: IngressRule, port: number): boolean {
  // "-1" is all protocols, and then all ports.
  if (IpProtocol === '-1') return true
  return (IpProtocol === 'tcp' || IpProtocol === '6') && (FromPort ?? 0) <= port && port <= (ToPort ?? 65_535)
}

function lets({ UserIdGroupPairs = [], IpRanges = [] }: IngressRule, ids: readonly string[]): boolean {
  return (
    UserIdGroupPairs.some(({ GroupId }) => GroupId !== undefined && ids.includes(GroupId)) ||
    IpRanges.some(({ CidrIp }) => CidrIp === '0.0.0.0/0')
  )
}

/** Who is let in by address: whether the nodes are among them their subnets decide, which are not looked at. */
function addressesOf(rules: readonly IngressRule[]): string[] {
  return rules.flatMap(({ IpRanges = [], PrefixListIds = [] }) =>
    [
      ...IpRanges.map(({ CidrIp }) => CidrIp),
      ...PrefixListIds.map(({ PrefixListId }) => PrefixListId),
    ].filter((one) => one !== undefined),
  )
}

function proposal(target: string, port: number, source: string): string {
  return `Allow it: aws ec2 authorize-security-group-ingress --group-id ${target} --protocol tcp --port ${port} --source-group ${source}`
}

function notLetIn(
  { nodes, securityGroupIds }: NodeGroups,
  target: string,
  port: number,
  addresses: readonly string[],
): Finding {
  const byAddress = addresses.length > 0
  return {
    id: 'emr.kafka-ingress',
    severity: byAddress ? 'warning' : 'error',
    subject: target,
    evidence: `no inbound rule of the brokers' groups lets ${nodes} (${securityGroupIds.join(', ')}) in on port ${port}${
      byAddress ? `, only addresses: ${addresses.join(', ')}` : ''
    }`,
    reason: byAddress
      ? 'Whether the nodes have such addresses is not looked at; if not, jobs wait for brokers that never answer.'
      : 'Packets to the brokers are dropped, so jobs wait for brokers that never answer.',
    fix: proposal(target, port, securityGroupIds[0] ?? ''),
  }
}

function unnamedGroups(nodes: string, target: string, port: number): Finding {
  return {
    id: 'emr.kafka-ingress-unknown',
    severity: 'warning',
    subject: target,
    evidence: `the security groups of ${nodes} are not named, so EMR chooses them`,
    reason: `Whether ${target} lets them in on port ${port} can't be said before they exist.`,
    fix: 'Name the security groups in the definition.',
  }
}

function unknownGroup(id: string): Finding {
  return {
    id: 'emr.security-group-unknown',
    severity: 'error',
    subject: id,
    evidence: `there is no security group ${id} in this account and region`,
    reason: 'Its rules decide whether jobs reach the brokers.',
    fix: "Name the groups of the MSK cluster's brokers: `tidewater cluster describe` has its ARN.",
  }
}
