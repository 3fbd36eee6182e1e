import { checkProducerOptions } from '@tidewater/core/drivers'
import { loadDriver } from './load-driver.js'
import { type ProducerOptions, resolveProducerOptions } from './options.js'
import { type AvroProducer, connectProducer, driverOptionsOf } from './producer.js'

/**
 * Connects a producer of records of `options.schema` to `options.topic`.
 *
 * @throws TidewaterError `CONFIG_INVALID`, `DRIVER_UNSUPPORTED_OPTION`, `DRIVER_NOT_INSTALLED`, `BROKER_UNREACHABLE`,
 * `TOPIC_NOT_FOUND`, `ABORTED`, and what the registry's `framing` rejects with
 */
export async function createProducer<T>(options: ProducerOptions<T>): Promise<AvroProducer<T>> {
  const config = resolveProducerOptions(options)
  const driver = await loadDriver(config.driver)
  // The driver does so too, but only after the registry was asked.
  checkProducerOptions(config.driver, driverOptionsOf(config), driver.compressions)
  const framing = await config.registry?.framing(config.schema, config.topic, config.signal)
  return connectProducer(config, driver, {
    ...(framing === undefined ? {} : { framing }),
    nowMs: () => performance.now(),
    wallClockMs: Date.now,
    random: Math.random,
  })
}
