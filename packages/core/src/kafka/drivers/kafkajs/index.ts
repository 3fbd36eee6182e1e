import type { KafkaDriver } from '../../port.js'
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
    return createKafkajsProducer(kafkajs, connection, options)
  },
  async createConsumer(connection, options) {
    return createKafkajsConsumer(await loadKafkajs(), connection, options)
  },
  async createAdmin(connection) {
    return createKafkajsAdmin(await loadKafkajs(), connection)
  },
}
