import type { ProducerDriver } from '@tidewater/core'
import { checkProducerOptions } from '@tidewater/core/drivers'
import { loadCompressor, nativeCompressions } from '../batch/compression.js'
import { NativeProducer } from './native-producer.js'

/** Our own producer: records are encoded straight into the record batches that go on the wire. */
export const nativeDriver: ProducerDriver = {
  name: 'native',
  compressions: nativeCompressions,
  createProducer: async (connection, options) => {
    checkProducerOptions('native', options, nativeCompressions)
    return NativeProducer.connect(connection, options, await loadCompressor(options.compression))
  },
}
