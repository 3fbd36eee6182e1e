// Step 4 of the run book: create the topic. Run it twice: the second time there is nothing to do, and it says so.
import { ensureTopic, kafkaConnection } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { brokers, topic } from './netflow.js'

const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers, clientId: 'example-04' }))
try {
  const plan = await ensureTopic(admin, { topic, partitions: 3, replicationFactor: 1 })
  console.log(`${topic}: ${plan.action} (${plan.reason})`)
  for (const { partition, leader } of (await admin.describeTopic(topic)).partitions) {
    console.log(`  partition ${partition}, leader ${leader}`)
  }
} finally {
  await admin.close()
}
