import { TidewaterError } from '../errors.js'
import { ensureTopic } from '../kafka/ensure-topic.js'
import type { KafkaAdmin, TopicDefinition } from '../kafka/port.js'
import { planTopic, type TopicPlan } from '../kafka/topic-plan.js'
import { type Clock, realClock } from '../retry/run.js'
import type { MskClient } from './client.js'
import { describeCluster } from './clusters.js'
import { decidePoll } from './poll-plan.js'
import { createMskTopic, growMskTopic, type MskTopic, readMskTopic, type TopicCall } from './topic-api.js'
import { chooseTopicRoute, fallBackRoute, type TopicRoute } from './topic-route.js'

export interface EnsureMskTopicOptions {
  /** Only plan; nothing is changed and a conflict isn't thrown. Default false. */
  readonly dryRun?: boolean
  /** Opens a client of the cluster's brokers, for what MSK's topic operations can't do. Called at most once, and closed. */
  readonly kafkaAdmin?: () => Promise<KafkaAdmin>
  /** Longest wait until the service describes what was changed: its descriptions lag by a minute. Default 180,000. */
  readonly settleTimeoutMs?: number
  readonly signal?: AbortSignal
}

/** What was done, which way, and why that way. */
export interface MskTopicPlan {
  readonly plan: TopicPlan
  readonly route: TopicRoute
}

/**
 * Makes the topic be as desired, through MSK's topic operations where the cluster has them and through a Kafka client
 * where it hasn't, or where the caller may not use them.
 *
 * @param cluster name or ARN
 * @throws TidewaterError `TOPIC_CONFLICT`, `CLUSTER_NOT_FOUND`, `WAIT_TIMEOUT`, `CONFIG_INVALID` when a Kafka client is
 * needed and none is given, and what `MskClient.call` rejects with
 */
export async function ensureMskTopic(
  client: MskClient,
  cluster: string,
  desired: TopicDefinition,
  { dryRun = false, kafkaAdmin, settleTimeoutMs = 180_000, signal }: EnsureMskTopicOptions = {},
  clock: Clock = realClock,
): Promise<MskTopicPlan> {
  const withSignal = signal === undefined ? {} : { signal }
  const description = await describeCluster(client, cluster, withSignal)
  const route = chooseTopicRoute(description)
  if (route.way === 'kafka-admin') {
    return { route, plan: await ensureThroughKafka(kafkaAdmin, desired, dryRun, route) }
  }
  const call: TopicCall = { client, clusterArn: description.ClusterArn, ...withSignal }
  try {
    return { route, plan: await ensureThroughService(call, desired, { dryRun, settleTimeoutMs }, clock) }
  } catch (error) {
    const otherRoute = TidewaterError.isInstance(error) ? fallBackRoute(error) : undefined
    if (otherRoute === undefined || kafkaAdmin === undefined) throw error
    return { route: otherRoute, plan: await ensureThroughKafka(kafkaAdmin, desired, dryRun, otherRoute) }
  }
}

async function ensureThroughKafka(
  kafkaAdmin: (() => Promise<KafkaAdmin>) | undefined,
  desired: TopicDefinition,
  dryRun: boolean,
  { reason }: TopicRoute,
): Promise<TopicPlan> {
  if (kafkaAdmin === undefined) {
    throw new TidewaterError('CONFIG_INVALID', `Topic "${desired.topic}" needs a Kafka client: ${reason}`, {
      remedy: 'Give kafkaAdmin, or the bootstrap brokers on the command line.',
      details: { topic: desired.topic },
    })
  }
  const admin = await kafkaAdmin()
  try {
    return await ensureTopic(admin, desired, { dryRun })
  } finally {
    await admin.close()
  }
}

interface ServiceOptions {
  readonly dryRun: boolean
  readonly settleTimeoutMs: number
}

/** MSK's topic operations describe what was a minute ago: https://docs.aws.amazon.com/msk/latest/developerguide/msk-topic-operations-information.html */
const staleForMs = 90_000

async function ensureThroughService(
  call: TopicCall,
  desired: TopicDefinition,
  { dryRun, settleTimeoutMs }: ServiceOptions,
  clock: Clock,
): Promise<TopicPlan> {
  const known = await readMskTopic(call, desired.topic)
  const plan = planMskTopic(desired, known)
  if (dryRun) return plan
  try {
    await carryOut(call, plan)
  } catch (error) {
    if (!mayBeStale(error, plan)) throw error
    // The description may have been older than the topic. What the service describes next decides.
    const partitions = (known?.description.partitions.length ?? 0) + 1
    const patienceMs = Math.min(settleTimeoutMs, staleForMs)
    const fresh = await settled(call, desired.topic, partitions, patienceMs, clock).catch(
      (thrown: unknown) => {
        // The description was right, and so is the refusal.
        throw TidewaterError.isInstance(thrown) && thrown.code === 'WAIT_TIMEOUT' ? error : thrown
      },
    )
    const second = planMskTopic(desired, fresh)
    await carryOut(call, second)
    return second
  }
  if (plan.action === 'create' || plan.action === 'add-partitions') {
    await settled(call, desired.topic, desired.partitions, settleTimeoutMs, clock)
  }
  return plan
}

function planMskTopic(desired: TopicDefinition, actual: MskTopic | null): TopicPlan {
  if (actual?.status !== 'DELETING') return planTopic(desired, actual)
  const reason = 'it is being deleted'
  return { action: 'conflict', topic: desired, conflicts: [reason], reason }
}

async function carryOut(call: TopicCall, plan: TopicPlan): Promise<void> {
  const { topic } = plan.topic
  switch (plan.action) {
    case 'create':
      return createMskTopic(call, plan.topic)
    case 'add-partitions':
      return growMskTopic(call, topic, plan.to)
    case 'conflict':
      throw new TidewaterError('TOPIC_CONFLICT', `Topic "${topic}" can't become as desired: ${plan.reason}`, {
        remedy: 'Use another topic name, or change the definition to match.',
        details: { topic, conflicts: plan.conflicts },
      })
    case 'none':
  }
}

/**
 * Whether the change may have been refused because it has been made already, which the description didn't show yet. Kafka
 * refuses a number of partitions that a topic has in the same words as one it may not have.
 */
function mayBeStale(error: unknown, plan: TopicPlan): boolean {
  if (!TidewaterError.isInstance(error)) return false
  return (
    error.code === 'TOPIC_EXISTS' || (error.code === 'TOPIC_CONFLICT' && plan.action === 'add-partitions')
  )
}

/** Waits until the service describes the topic as ACTIVE with so many partitions at least, each with a leader. */
async function settled(
  call: TopicCall,
  topic: string,
  partitions: number,
  timeoutMs: number,
  clock: Clock,
): Promise<MskTopic> {
  const policy = { intervalMs: 5_000, maxIntervalMs: 5_000, timeoutMs, jitter: 0.3 }
  const startedAtMs = clock.nowMs()
  for (;;) {
    const described = await readMskTopic(call, topic)
    if (
      described?.status === 'ACTIVE' &&
      described.description.partitions.length >= partitions &&
      described.description.partitions.every(({ leader }) => leader >= 0)
    ) {
      return described
    }
    const elapsedMs = clock.nowMs() - startedAtMs
    const situation = { elapsedMs, failuresInARow: 0, retryAfterMs: undefined }
    const decision = decidePoll(policy, situation, clock.random())
    if (!decision.poll) {
      throw new TidewaterError(
        'WAIT_TIMEOUT',
        `Topic "${topic}" was changed, but MSK doesn't describe it with ${partitions} partitions after ${timeoutMs} ms`,
        {
          retryable: true,
          remedy: "Run it again: MSK's descriptions lag by a minute or more.",
          details: { topic, partitions, timeoutMs },
        },
      )
    }
    await clock.sleep(decision.delayMs, call.signal)
  }
}
