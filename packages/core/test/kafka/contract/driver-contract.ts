import { beforeAll, describe } from 'vitest'
import type { KafkaDriver } from '../../../src/kafka/port.js'
import { adminContract } from './admin.js'
import { compressionContract } from './compression.js'
import { consumerContract } from './consumer.js'
import { bootstrapBrokers } from './fixture.js'
import { producerContract } from './producer.js'

/** What every driver must do, proven on a real broker. `other` reads what `driver` wrote. */
export function driverContract(name: string, driver: KafkaDriver, other: KafkaDriver): void {
  describe(`driver contract: ${name}`, () => {
    beforeAll(() => {
      bootstrapBrokers()
    })
    producerContract(name, driver)
    compressionContract(driver, other)
    consumerContract(name, driver)
    adminContract(name, driver)
  })
}
