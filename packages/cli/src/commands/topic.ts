import { ensureTopic, type KafkaAdmin, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import type { CliIo } from '../io.js'
import { table } from '../terminal/format.js'
import { writeJson } from '../terminal/report-error.js'

export interface TopicCreateOptions {
  readonly broker: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
  readonly dryRun: boolean
  readonly json: boolean
}

/** Creates a topic or grows it to the partitions asked for; prints what it does and why. */
export async function topicCreate(topic: string, options: TopicCreateOptions, io: CliIo): Promise<void> {
  const { partitions, replicationFactor, config: configs } = options
  await withAdmin(options.broker, async (admin) => {
    const plan = await ensureTopic(
      admin,
      { topic, partitions, replicationFactor, configs },
      { dryRun: options.dryRun },
    )
    if (options.json) writeJson(io, { ...plan, topic, dryRun: options.dryRun })
    else io.stdout(`${options.dryRun ? 'would be: ' : ''}${plan.action}: ${plan.reason}\n`)
  })
}

/** Prints a topic's partitions with leaders, replicas and offsets. */
export async function topicDescribe(
  topic: string,
  options: { readonly broker: string; readonly json: boolean },
  io: CliIo,
): Promise<void> {
  await withAdmin(options.broker, async (admin) => {
    const { partitions } = await admin.describeTopic(topic)
    const offsets = await admin.topicOffsets(topic)
    const rows = partitions.map((one) => {
      const { earliest = 0n, latest = 0n } =
        offsets.find(({ partition }) => partition === one.partition) ?? {}
      return { ...one, earliest, latest }
    })
    if (options.json) return writeJson(io, { topic, partitions: rows })
    io.stdout(
      table(
        ['partition', 'leader', 'replicas', 'in sync', 'earliest', 'latest'],
        rows.map((one) => [
          String(one.partition),
          String(one.leader),
          one.replicas.join(' '),
          one.inSyncReplicas.join(' '),
          String(one.earliest),
          String(one.latest),
        ]),
      ),
    )
  })
}

async function withAdmin(broker: string, work: (admin: KafkaAdmin) => Promise<void>): Promise<void> {
  const admin = await kafkajsDriver.createAdmin(
    kafkaConnection({ brokers: broker, clientId: 'tidewater-cli' }),
  )
  try {
    await work(admin)
  } finally {
    await admin.close()
  }
}
