import { loadDriver } from './load-driver.js'
import { type ProducerOptions, resolveProducerOptions, unsupportedOption } from './options.js'
import { type AvroProducer, connectProducer } from './producer.js'

/**
 * Connects a producer of records of `options.schema` to `options.topic`.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `DRIVER_UNSUPPORTED_OPTION`, `DRIVER_NOT_INSTALLED`, `BROKER_UNREACHABLE`,
 * `TOPIC_NOT_FOUND`, `ABORTED`, and what the registry's `framing` rejects with
 */
export async function createProducer<T>(options: ProducerOptions<T>): Promise<AvroProducer<T>> {
  const config = resolveProducerOptions(options)
  const driver = await loadDriver(config.driver)
  if (!driver.compressions.includes(config.compression)) {
    throw unsupportedOption(
      config.driver,
      'compression',
      config.compression,
      `it has ${driver.compressions.join(', ')}`,
    )
  }
  const framing = await config.registry?.framing(config.schema, config.topic, config.signal)
  return connectProducer(config, driver, {
    ...(framing === undefined ? {} : { framing }),
    nowMs: () => performance.now(),
    wallClockMs: Date.now,
    random: Math.random,
  })
}
