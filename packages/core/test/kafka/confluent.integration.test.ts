import { confluentDriver } from '../../src/kafka/drivers/confluent/index.js'
import { kafkajsDriver } from '../../src/kafka/drivers/kafkajs/index.js'
import { driverContract } from './contract/driver-contract.js'

driverContract('confluent', confluentDriver, kafkajsDriver)
