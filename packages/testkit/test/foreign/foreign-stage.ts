import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KafkaAdmin, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import {
  type Decision,
  type IamOptions,
  type LocalIam,
  type LocalIamStack,
  startLocal,
  type TemporaryCredentials,
  type UserCredentials,
} from '../../src/index.js'
import { type ForeignToolchain, prepareForeignClients } from './foreign-toolchain.js'
import { clientProperties, runKafkaTool, type ToolAnswer, type ToolCall } from './java-tools.js'
import { type PythonAttempt, type PythonOutcome, runPythonProducers } from './python-producers.js'

export type Credentials = UserCredentials | TemporaryCredentials

export interface JavaCall extends Partial<Pick<ToolCall, 'stdin' | 'trustStoreFile'>> {
  readonly properties?: string
  /** What differs from the variables that would be right. */
  readonly change?: Readonly<Record<string, string>>
}

/** One local stack with IAM, and everything that foreign clients need to meet it. */
export class ForeignStage {
  static async open(iam: IamOptions): Promise<ForeignStage> {
    const toolchain = await prepareForeignClients()
    const stack = await startLocal({ iam })
    // Over the listener without IAM: what is in a topic is not to be the clients' own word.
    const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers: stack.bootstrapBrokers }))
    const home = await mkdtemp(join(tmpdir(), 'tidewater-foreign-home-'))
    return new ForeignStage(toolchain, stack, admin, home)
  }

  private constructor(
    readonly toolchain: ForeignToolchain,
    readonly stack: LocalIamStack,
    readonly admin: KafkaAdmin,
    /** Of the clients: a folder without any configuration. */
    readonly home: string,
  ) {}

  get iam(): LocalIam {
    return this.stack.iam
  }

  async close(): Promise<void> {
    await this.admin.close()
    await this.stack.stop()
    await rm(this.home, { recursive: true, force: true })
  }

  async createTopic(topic: string): Promise<void> {
    await this.admin.createTopic({ topic, partitions: 1, replicationFactor: 1 })
  }

  /** Records in a topic. */
  async count(topic: string): Promise<number> {
    const offsets = await this.admin.topicOffsets(topic)
    return offsets.reduce((sum, { earliest, latest }) => sum + Number(latest - earliest), 0)
  }

  /** One of Kafka's command line tools on the IAM listener; `args` come behind the address and the properties. */
  java(
    tool: ToolCall['tool'],
    who: Credentials,
    args: readonly string[],
    { properties = clientProperties.awsMskIam, change, ...rest }: JavaCall = {},
  ): Promise<ToolAnswer> {
    const configOption = {
      topics: '--command-config',
      consoleProducer: '--producer.config',
      consoleConsumer: '--consumer.config',
    }[tool]
    return runKafkaTool(this.toolchain, {
      tool,
      args: ['--bootstrap-server', this.iam.bootstrapBrokers, configOption, properties, ...args],
      env: { ...this.#variables(who), ...change },
      trustStoreFile: this.iam.trustStoreFile,
      ...rest,
    })
  }

  /** An attempt that would succeed; `more` is what is wrong with it. */
  pythonAttempt(name: string, who: Credentials, more: Partial<PythonAttempt>): PythonAttempt {
    return {
      name,
      bootstrapBrokers: this.iam.bootstrapBrokers,
      topic: 'guarded',
      caFile: this.iam.caFile,
      region: this.iam.region,
      tamper: null,
      messageTimeoutMs: 30_000,
      ...more,
      env: { ...this.#variables(who), ...more.env },
    }
  }

  python(attempts: readonly PythonAttempt[]): Promise<ReadonlyMap<string, PythonOutcome>> {
    return runPythonProducers(this.toolchain, attempts)
  }

  async decisionsAbout({ accessKeyId, arn }: UserCredentials): Promise<Decision[]> {
    const decisions = await this.iam.decisions()
    return decisions.filter((one) => one.accessKeyId === accessKeyId || one.principal === arn)
  }

  async denials(who: UserCredentials): Promise<Decision[]> {
    return (await this.decisionsAbout(who)).filter(({ result }) => result === 'denied')
  }

  #variables(who: Credentials): Record<string, string> {
    return {
      HOME: this.home,
      AWS_ACCESS_KEY_ID: who.accessKeyId,
      AWS_SECRET_ACCESS_KEY: who.secretAccessKey,
      ...('sessionToken' in who ? { AWS_SESSION_TOKEN: who.sessionToken } : {}),
      AWS_REGION: this.iam.region,
      AWS_EC2_METADATA_DISABLED: 'true',
    }
  }
}
