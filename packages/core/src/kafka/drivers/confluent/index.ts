import { compressions, type KafkaDriver } from '../../port.js'
import { admitted } from '../admission.js'
import { checkProducerOptions } from '../producer-options.js'
import { createConfluentAdmin } from './admin.js'
import { loadConfluent } from './client.js'
import { createConfluentConsumer } from './consumer.js'
import { createConfluentProducer } from './producer.js'

/**
 * The driver over `@confluentinc/kafka-javascript` (librdkafka). `create…` rejects with `DRIVER_NOT_INSTALLED` when the
 * package or its native binary for this Node version is missing.
 */
export const confluentDriver: KafkaDriver = {
  name: 'confluent',
  compressions,
  async createProducer(connection, options) {
    checkProducerOptions('confluent', options, compressions)
    const confluent = await loadConfluent()
    return admitted(connection, () => createConfluentProducer(confluent, connection, options))
  },
  async createConsumer(connection, options) {
    const confluent = await loadConfluent()
    return admitted(connection, () => createConfluentConsumer(confluent, connection, options))
  },
  async createAdmin(connection) {
    const confluent = await loadConfluent()
    return admitted(connection, () => createConfluentAdmin(confluent, connection))
  },
}
