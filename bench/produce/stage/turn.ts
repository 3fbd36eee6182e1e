import { ensureTopic, type KafkaAdmin, TidewaterError } from '@tidewater/core'
import type { LocalIamStack } from '@tidewater/testkit'
import type { Contender } from '../contenders/contender.js'
import type { Run } from '../run.js'
import { runCommand } from './command.js'
import type { PayloadFiles } from './payload-files.js'
import type { Peers } from './peers.js'

export interface Stage {
  readonly stack: LocalIamStack
  readonly admin: KafkaAdmin
  readonly files: PayloadFiles
  readonly peers: Peers
  readonly signal: AbortSignal
}

/** Everybody's, of what they send: compilers and caches need the same chance. */
const warmUpShare = 0.2
const leastRecords = 1_000

/**
 * One contender's turn: a topic of its own, a process of its own, and what the topic holds in the end.
 *
 * @throws TidewaterError `DELIVERY_FAILED` when that isn't what was sent, and whatever keeps the contender from running
 */
export async function takeTurn(
  contender: Contender,
  { round, records }: { readonly round: number; readonly records: number },
  { stack, admin, files, peers, signal }: Stage,
): Promise<Run> {
  const topic = `bench-${round}-${contender.name}`
  await ensureTopic(admin, { topic, partitions: 3, replicationFactor: 1 })
  try {
    const counted = Math.max(leastRecords, Math.ceil(records * contender.share))
    const warmUp = Math.ceil(counted * warmUpShare)
    const brokers = contender.listener === 'iam' ? stack.iam.bootstrapBrokers : stack.bootstrapBrokers
    const common = [brokers, topic, String(counted), String(warmUp)]
    const command = await contender.command({ common, files, peers, iam: stack.iam })
    const run = JSON.parse(await runCommand(command, signal)) as Run
    const offsets = await admin.topicOffsets(topic)
    const held = offsets.reduce((sum, { earliest, latest }) => sum + Number(latest - earliest), 0)
    if (held === counted + warmUp && run.records === counted) return run
    throw new TidewaterError(
      'DELIVERY_FAILED',
      `${contender.name} sent ${warmUp} and ${counted} records, says ${run.records}, and its topic holds ${held}`,
    )
  } finally {
    await admin.deleteTopic(topic)
  }
}
