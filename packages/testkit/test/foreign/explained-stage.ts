import type { AwsCredentials, AwsCredentialsProvider, KafkaConnection } from '@tidewater/core'
import { type LocalAws, startLocalAws, type TemporaryCredentials } from '../../src/aws/index.js'
import type { IamOptions, PolicyDocument } from '../../src/index.js'
import { iamConnection } from './own-clients.js'
import { drivers, OwnStage } from './own-stage.js'
import { everything } from './policies.js'

/** A broker with IAM beside AWS's services: the same access keys are known to both, and their clocks agree. */
export class ExplainedStage<Who extends string> {
  static async open<Who extends string>(
    users: Readonly<Record<Who, readonly PolicyDocument[]>>,
    iam: Omit<IamOptions, 'users' | 'roles'>,
  ): Promise<ExplainedStage<Who>> {
    const stage = await OwnStage.open(users, { ...iam, roles: [{ name: 'brief', policies: [everything] }] })
    const aws = await startLocalAws({
      iam: stage.stack.iam,
      users: drivers.flatMap(({ name }) => Object.keys(users).map((who) => `${name}-${who}`)),
      clockOffsetSeconds: iam.clockOffsetSeconds ?? 0,
    })
    return new ExplainedStage(stage, aws)
  }

  private constructor(
    readonly stage: OwnStage<Who>,
    readonly aws: LocalAws,
  ) {}

  connection(
    credentials: AwsCredentials | AwsCredentialsProvider | undefined,
    more: { readonly region?: string; readonly stsEndpoint?: string } = {},
  ): KafkaConnection {
    return iamConnection(this.stage.stack.iam, credentials, { stsEndpoint: this.aws.url, ...more })
  }

  /** Credentials of a role, of which broker and services know the end. */
  async session(sessionName: string, durationSeconds: number): Promise<TemporaryCredentials> {
    const roleArn = 'arn:aws:iam::123456789012:role/brief'
    const issued = await this.aws.issue({ roleArn, sessionName, durationSeconds })
    if ('denied' in issued) throw new TypeError(issued.denied)
    return issued
  }

  /** Why the broker refused an access key, each time that it did. */
  async refusals(accessKeyId: string): Promise<string[]> {
    const decisions = await this.stage.stack.iam.decisions()
    return decisions
      .filter((one) => one.accessKeyId === accessKeyId && one.result === 'denied')
      .map(({ reason }) => reason)
  }

  async close(): Promise<void> {
    await this.aws.close()
    await this.stage.stack.stop()
  }
}
