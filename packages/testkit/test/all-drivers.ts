import type { KafkaDriver } from '@tidewater/core'
import { confluentDriver } from '@tidewater/core/confluent'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { nativeDriver } from '@tidewater/producer/native'

/** Our own produces only: where it is tested, topics are made, and records read, by another. */
const native: KafkaDriver = { ...kafkajsDriver, ...nativeDriver }

export const allDrivers: readonly KafkaDriver[] = [native, kafkajsDriver, confluentDriver]
