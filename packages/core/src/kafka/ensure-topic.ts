import { TidewaterError } from '../errors.js'
import type { KafkaAdmin, TopicDefinition } from './port.js'
import { type ActualTopic, planTopic, type TopicPlan } from './topic-plan.js'

export interface EnsureTopicOptions {
  /** Only plan; nothing is changed and a conflict isn't thrown. Default false. */
  readonly dryRun?: boolean
}

/**
 * Makes the topic be as desired: creates it, adds partitions, or leaves it.
 *
 * @returns the plan it carried out
 * @throws TidewaterError `TOPIC_CONFLICT` when the topic differs in what can't be changed
 */
export async function ensureTopic(
  admin: KafkaAdmin,
  desired: TopicDefinition,
  { dryRun = false }: EnsureTopicOptions = {},
): Promise<TopicPlan> {
  const plan = planTopic(desired, await readTopic(admin, desired.topic))
  if (dryRun) return plan
  switch (plan.action) {
    case 'create':
      await admin.createTopic(desired)
      break
    case 'add-partitions':
      await admin.addPartitions(desired.topic, plan.to)
      break
    case 'conflict':
      throw new TidewaterError(
        'TOPIC_CONFLICT',
        `Topic "${desired.topic}" can't become as desired: ${plan.reason}`,
        {
          remedy: 'Use another topic name, or change the definition to match.',
          details: { topic: desired.topic, conflicts: plan.conflicts },
        },
      )
    case 'none':
      break
  }
  return plan
}

async function readTopic(admin: KafkaAdmin, topic: string): Promise<ActualTopic | null> {
  try {
    const description = await admin.describeTopic(topic)
    if (admin.topicConfigs === undefined) return { description }
    return { description, configs: await admin.topicConfigs(topic) }
  } catch (error) {
    if (TidewaterError.isInstance(error) && error.code === 'TOPIC_NOT_FOUND') return null
    throw error
  }
}
