// Our producer's contract on a broker of Kafka 4.1, as one is that its own tool has formatted. It is here because core and
// producer can't depend on the package that starts one.
import { kafkaConnection } from '@tidewater/core'
import { confluentDriver } from '@tidewater/core/confluent'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { nativeDriver } from '@tidewater/producer/native'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compressionContract } from '../../core/test/kafka/contract/compression.js'
import { producerContract } from '../../core/test/kafka/contract/producer.js'
import { Cluster } from '../../producer/src/native/cluster.js'
import { transactionContract } from '../../producer/test/transaction-contract.js'
import { transactionOffsetsContract } from '../../producer/test/transaction-offsets-contract.js'
import { type LocalStack, startLocal } from '../src/index.js'

let stack: LocalStack
beforeAll(async () => {
  stack = await startLocal({ kafkaVersion: '4.1' })
})
afterAll(() => stack.stop())

const brokers = () => stack.bootstrapBrokers
const native = { ...kafkajsDriver, ...nativeDriver }

test('the features of the release are on', async () => {
  const cluster = await Cluster.open(kafkaConnection({ brokers: brokers() }))
  const levels = ['transaction.version', 'group.version', 'eligible.leader.replicas.version']
  expect(levels.map((name) => cluster.feature(name))).toEqual([2, 1, 1])
  cluster.close()
})

producerContract('native on Kafka 4.1', native, brokers)
compressionContract(native, kafkajsDriver, brokers)
compressionContract(native, confluentDriver, brokers)
transactionContract('native on Kafka 4.1', brokers)
transactionOffsetsContract('native on Kafka 4.1', brokers)
