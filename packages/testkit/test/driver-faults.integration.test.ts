// The drivers' contract under faults. It is here and not beside the drivers because it needs a broker that may be
// killed, and core can't depend on the package that starts one.
import { afterAll, beforeAll } from 'vitest'
import { faultContract, type RestartableBroker } from '../../core/test/kafka/contract/faults.js'
import { type LocalStack, startLocal } from '../src/index.js'
import { allDrivers } from './all-drivers.js'

let stack: LocalStack
beforeAll(async () => {
  stack = await startLocal()
})
afterAll(() => stack.stop())

function broker(): RestartableBroker {
  const { bootstrapBrokers, broker } = stack
  return { bootstrapBrokers, kill: () => broker.kill(), start: () => broker.start() }
}

for (const driver of allDrivers) faultContract(driver.name, driver, broker)
