import { partitionOf } from '@tidewater/core'

/** The account of everything local, unless a cluster ARN names another. AWS's own example account. */
const exampleAccount = '123456789012'

/** The account of a cluster's ARN; undefined when it is none of a cluster in the region. */
export function clusterAccount(arn: string, region: string): string | undefined {
  const match =
    /^arn:([\w-]+):kafka:([\w-]+):(\d{12}):cluster\/[A-Za-z0-9-]{1,64}\/[0-9a-f-]{36}(-s?\d+)?$/.exec(arn)
  return match?.[1] === partitionOf(region) && match[2] === region ? match[3] : undefined
}

/** The ARN of a cluster nobody named. */
export function localClusterArn(region: string, uuid: string): string {
  return `arn:${partitionOf(region)}:kafka:${region}:${exampleAccount}:cluster/local/${uuid}`
}

export function userArn(region: string, account: string, name: string): string {
  return `arn:${partitionOf(region)}:iam::${account}:user/${name}`
}

/** The ARN by which a session of a role is known. */
export function sessionArn(region: string, account: string, role: string, session: string): string {
  return `arn:${partitionOf(region)}:sts::${account}:assumed-role/${role}/${session}`
}

export function isSessionOf(role: string, arn: string): boolean {
  return arn.includes(`:assumed-role/${role}/`)
}
