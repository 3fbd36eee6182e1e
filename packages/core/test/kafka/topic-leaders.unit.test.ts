import { expect, test } from 'vitest'
import { TidewaterError } from '../../src/errors.js'
import { brokerError } from '../../src/kafka/drivers/protocol-errors.js'
import { untilLeadersKnown } from '../../src/kafka/drivers/topic-leaders.js'
import type { TopicDescription } from '../../src/kafka/port.js'

const definition = { topic: 't', partitions: 2, replicationFactor: 1 }
const refusal = (code: number) => brokerError(code, 'said the broker', { action: 'Describing' }, undefined)
const ledBy = (...leaders: number[]): TopicDescription => ({
  topic: 't',
  partitions: leaders.map((leader, partition) => ({ partition, leader, replicas: [1], inSyncReplicas: [1] })),
})

/** Answers in turn, the last one for ever. */
const broker = (...answers: (TopicDescription | TidewaterError)[]) => {
  const asked = { times: 0 }
  const describe = async () => {
    const answer = answers[Math.min(asked.times++, answers.length - 1)] as TopicDescription | TidewaterError
    if (TidewaterError.isInstance(answer)) throw answer
    return answer
  }
  return { asked, describe }
}

test('waits through a topic not known yet, partitions that are missing and leaders that are not elected', async () => {
  const { asked, describe } = broker(refusal(3), refusal(5), ledBy(), ledBy(1), ledBy(1, -1), ledBy(1, 1))
  await untilLeadersKnown(definition, 60_000, describe)
  expect(asked.times).toBe(6)
})

test('what does not pass is thrown at once', async () => {
  const { asked, describe } = broker(refusal(29))
  await expect(untilLeadersKnown(definition, 60_000, describe)).rejects.toMatchObject({
    code: 'AUTHORIZATION_FAILED',
  })
  expect(asked.times).toBe(1)
})

test('gives up when the time is over, retryably', async () => {
  const { describe } = broker(ledBy(1, -1))
  await expect(untilLeadersKnown(definition, 0, describe)).rejects.toMatchObject({
    code: 'KAFKA_PROTOCOL',
    retryable: true,
    details: { topic: 't' },
  })
})
