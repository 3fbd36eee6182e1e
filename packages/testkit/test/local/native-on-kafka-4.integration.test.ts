// Our own driver speaks the protocol itself: a request that a newer release no longer takes would show here first.
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { nativeDriver } from '@tidewater/producer/native'
import { afterAll, beforeAll, vi } from 'vitest'
import { compressionContract } from '../../../core/test/kafka/contract/compression.js'
import { producerContract } from '../../../core/test/kafka/contract/producer.js'
import { type LocalStack, startLocal } from '../../src/index.js'

let stack: LocalStack
beforeAll(async () => {
  stack = await startLocal({ kafkaVersion: '4.1' })
  // Where the contract looks for its broker.
  vi.stubEnv('TIDEWATER_BOOTSTRAP_BROKERS', stack.bootstrapBrokers)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await stack?.stop()
})

const driver = { ...kafkajsDriver, ...nativeDriver }
producerContract('native on Kafka 4.1', driver)
compressionContract(driver, kafkajsDriver)
