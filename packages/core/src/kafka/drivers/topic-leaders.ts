import { TidewaterError } from '../../errors.js'
import { abortableSleep } from '../../retry/run.js'
import type { TopicDefinition, TopicDescription } from '../port.js'

/**
 * Waits until a topic that was just made is known with its leaders: the controller answers before the brokers, the one it
 * runs beside included, have heard of the topic.
 *
 * @throws TidewaterError what `describe` rejects with, unless that may pass; `KAFKA_PROTOCOL` when the time is up
 */
export async function untilLeadersKnown(
  { topic, partitions }: TopicDefinition,
  timeoutMs: number,
  describe: () => Promise<TopicDescription>,
): Promise<void> {
  const endsAtMs = performance.now() + timeoutMs
  while (!(await areLeadersKnown(partitions, describe))) {
    if (performance.now() > endsAtMs) {
      throw new TidewaterError('KAFKA_PROTOCOL', `Topic "${topic}" has no leaders after ${timeoutMs} ms`, {
        retryable: true,
        details: { topic },
      })
    }
    await abortableSleep(50)
  }
}

async function areLeadersKnown(partitions: number, describe: () => Promise<TopicDescription>) {
  try {
    const known = (await describe()).partitions
    return known.length === partitions && known.every(({ leader }) => leader >= 0)
  } catch (error) {
    // The topic was made, so "not found" is only not yet.
    if (TidewaterError.isInstance(error) && (error.retryable || error.code === 'TOPIC_NOT_FOUND'))
      return false
    throw error
  }
}
