// kafkajs keeps what it has of a response for its next connection to the broker; the driver lets it have whole ones only.
import { kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { startLocal } from '../src/index.js'
import { createTopic } from './kafka-records.js'

test('after a response that was cut off, the next connection is understood', async () => {
  await using stack = await startLocal({ proxied: true })
  const { bootstrapBrokers, broker } = stack
  await createTopic(bootstrapBrokers, 'cut')
  // Bounds how long kafkajs waits for an answer that it misread.
  const connection = kafkaConnection({ brokers: bootstrapBrokers, requestTimeoutMs: 5_000 })
  const admin = await kafkajsDriver.createAdmin(connection)
  onTestFinished(() => admin.close().catch(() => {}))
  const described = await admin.describeTopic('cut')
  // Within the length, behind it, and further on.
  for (const afterBytes of [2, 4, 9, 30]) {
    const cut = broker.proxy?.cutResponse(afterBytes)
    // That one may fail, or be tried again by kafkajs itself.
    await admin.describeTopic('cut').catch(() => {})
    await cut
    expect(await admin.describeTopic('cut')).toEqual(described)
  }
})
