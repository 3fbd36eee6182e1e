import type { GetInstanceProfileCommandOutput } from '@aws-sdk/client-iam'
import {
  type AwsClientOptions,
  awsClientConfig,
  awsClientOptionsSchema,
  awsErrorName,
  type Finding,
  loadPeer,
  parseConfig,
  TidewaterError,
} from '@tidewater/core'
import { aborting, emrCalls } from '../aws/emr-calls.js'
import type { TargetCall } from '../run/port.js'
import { kafkaIngressFindings, type SecurityGroup } from './kafka-ingress.js'
import { type NeededRole, roleTrustFindings } from './role-trust.js'
import type { AccessNeeds } from './service.js'

/** Looks at roles and security groups; changes nothing. */
export interface AccessReader {
  /** The trust policy, percent-encoded; undefined when there is no such role. */
  trustPolicy(role: string, call?: TargetCall): Promise<string | undefined>
  /** The role in it; undefined when there is no such profile. */
  roleOfProfile(profile: string, call?: TargetCall): Promise<string | undefined>
  /** Those of them that exist. */
  securityGroups(ids: readonly string[], call?: TargetCall): Promise<readonly SecurityGroup[]>
  close(): void
}

/**
 * A reader over `@aws-sdk/client-iam` and `@aws-sdk/client-ec2`, which are loaded when this is called.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `PACKAGE_NOT_INSTALLED`
 */
export async function createAccessReader(options: AwsClientOptions = {}): Promise<AccessReader> {
  const config = parseConfig(awsClientOptionsSchema, options, 'access check')
  const [iamSdk, ec2Sdk] = await Promise.all([
    loadPeer('@aws-sdk/client-iam', () => import('@aws-sdk/client-iam'), 'PACKAGE_NOT_INSTALLED'),
    loadPeer('@aws-sdk/client-ec2', () => import('@aws-sdk/client-ec2'), 'PACKAGE_NOT_INSTALLED'),
  ])
  const iam = new iamSdk.IAMClient(awsClientConfig(config))
  const ec2 = new ec2Sdk.EC2Client(awsClientConfig(config))
  const askIam = emrCalls('IAM', iam, config.endpoint)
  const askEc2 = emrCalls('EC2', ec2, config.endpoint)
  return {
    async trustPolicy(role, call) {
      const answer = await unlessMissing(
        askIam(`Reading role ${role}`, call, () =>
          iam.send(new iamSdk.GetRoleCommand({ RoleName: role }), aborting(call)),
        ),
      )
      return answer && (answer.Role?.AssumeRolePolicyDocument ?? '{}')
    },
    async roleOfProfile(profile, call) {
      const answer: GetInstanceProfileCommandOutput | undefined = await unlessMissing(
        askIam(`Reading instance profile ${profile}`, call, () =>
          iam.send(new iamSdk.GetInstanceProfileCommand({ InstanceProfileName: profile }), aborting(call)),
        ),
      )
      return answer?.InstanceProfile?.Roles?.[0]?.RoleName
    },
    async securityGroups(ids, call) {
      // By filter, since by id one that is missing hides the others behind an error.
      const { SecurityGroups = [] } = await askEc2(`Reading security groups ${ids.join(', ')}`, call, () =>
        ec2.send(
          new ec2Sdk.DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-id', Values: [...ids] }] }),
          aborting(call),
        ),
      )
      return SecurityGroups
    },
    close() {
      iam.destroy()
      ec2.destroy()
    },
  }
}

/**
 * What is wrong with the roles of a cluster, and with its way to Kafka. What the caller may not look at is said, and not held
 * against the cluster.
 */
export async function accessFindings(
  { roles, instanceProfile, kafka }: AccessNeeds,
  reader: AccessReader,
  call: TargetCall = {},
): Promise<Finding[]> {
  const ofRole = (role: NeededRole) => async () =>
    roleTrustFindings(role, await reader.trustPolicy(roleName(role.name), call))
  const checks: [subject: string, check: () => Promise<Finding[]>][] = roles.map((role) => [
    role.name,
    ofRole(role),
  ])
  if (instanceProfile !== undefined) {
    checks.push([
      instanceProfile,
      async () => {
        const name = await reader.roleOfProfile(roleName(instanceProfile), call)
        if (name === undefined) return [missingProfile(instanceProfile)]
        return ofRole({
          what: `role of instance profile ${instanceProfile}`,
          name,
          principal: 'ec2.amazonaws.com',
        })()
      },
    ])
  }
  if (kafka !== undefined) {
    const { brokers, nodes } = kafka
    checks.push([
      brokers.securityGroupIds.join(', '),
      async () =>
        kafkaIngressFindings(brokers, nodes, await reader.securityGroups(brokers.securityGroupIds, call)),
    ])
  }
  const found = await Promise.all(checks.map(([subject, check]) => unlessDenied(subject, check)))
  return found.flat()
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (thrown) {
    if (TidewaterError.isInstance(thrown) && /^NoSuchEntity/.test(awsErrorName(thrown) ?? ''))
      return undefined
    throw thrown
  }
}

async function unlessDenied(subject: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check()
  } catch (thrown) {
    if (!TidewaterError.isInstance(thrown) || thrown.code !== 'AUTHORIZATION_FAILED') throw thrown
    return [
      {
        id: 'emr.access-unchecked',
        severity: 'info',
        subject,
        evidence: thrown.message,
        reason: 'Whether it is as the cluster needs it could not be looked at.',
        fix: 'Grant iam:GetRole, iam:GetInstanceProfile and ec2:DescribeSecurityGroups, or check it by hand.',
      },
    ]
  }
}

/** Definitions may give the ARN; IAM is asked by name. */
function roleName(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? (nameOrArn.split('/').at(-1) ?? nameOrArn) : nameOrArn
}

function missingProfile(profile: string): Finding {
  return {
    id: 'emr.instance-profile-missing',
    severity: 'error',
    subject: profile,
    evidence: `the instance profile ${profile} doesn't exist, or has no role`,
    reason: 'Nodes have no credentials without it, and the service refuses the cluster.',
    fix: 'Create it, or correct the name; `aws emr create-default-roles` creates EMR_EC2_DefaultRole.',
  }
}
