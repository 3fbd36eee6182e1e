// The drivers' contract for our own: what the other libraries' clients read is what it wrote.
import { confluentDriver } from '@tidewater/core/confluent'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { compressionContract } from '../../core/test/kafka/contract/compression.js'
import { producerContract } from '../../core/test/kafka/contract/producer.js'
import { nativeDriver } from '../src/native/index.js'

// It produces only: topics are made, and records read, by another.
const driver = { ...kafkajsDriver, ...nativeDriver }

producerContract('native', driver)
compressionContract(driver, kafkajsDriver)
compressionContract(driver, confluentDriver)
