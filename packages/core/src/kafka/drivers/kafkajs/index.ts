import type { KafkaDriver } from '../../port.js'
import { admitted } from '../admission.js'
import { checkProducerOptions } from '../producer-options.js'
import { createKafkajsAdmin } from './admin.js'
import { loadKafkajs } from './client.js'
import { kafkajsCompressions, loadSnappy } from './codecs.js'
import { createKafkajsConsumer } from './consumer.js'
import { createKafkajsProducer } from './producer.js'

/**
 * The driver over `kafkajs`: pure JavaScript, nothing native to install. Snappy needs the `snappy` package beside it.
 * `create…` rejects with `DRIVER_NOT_INSTALLED` when a package is missing.
 */
export const kafkajsDriver: KafkaDriver = {
  name: 'kafkajs',
  compressions: kafkajsCompressions,
  async createProducer(connection, options) {
    checkProducerOptions('kafkajs', options, kafkajsCompressions)
    const kafkajs = await loadKafkajs()
    if (options.compression === 'snappy') await loadSnappy()
    return admitted(connection, () => createKafkajsProducer(kafkajs, connection, options))
  },
  async createConsumer(connection, options) {
    const kafkajs = await loadKafkajs()
    return admitted(connection, () => createKafkajsConsumer(kafkajs, connection, options))
  },
  async createAdmin(connection) {
    const kafkajs = await loadKafkajs()
    return admitted(connection, () => createKafkajsAdmin(kafkajs, connection))
  },
}
