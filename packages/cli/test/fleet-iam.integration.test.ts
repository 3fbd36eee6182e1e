import { ensureTopic, kafkaConnection, mskIam } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { runFleet } from '@tidewater/producer/fleet'
import { startLocal } from '@tidewater/testkit'
import { expect, test } from 'vitest'

test('a fleet authenticates with IAM in its threads, and is told when it may not connect', async () => {
  await using stack = await startLocal({ iam: true })
  const { accessKeyId, secretAccessKey, region, caFile, bootstrapBrokers: brokers } = stack.iam
  const tls = { caFile }
  const auth = { region, credentials: { accessKeyId, secretAccessKey } }
  const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers, tls, auth: mskIam(auth) }))
  await ensureTopic(admin, { topic: 'flows', partitions: 2, replicationFactor: 1 })

  const fleet = { workers: 4, threads: 2, records: 1_000, topic: 'flows', brokers, tls }
  expect(await runFleet({ ...fleet, auth })).toMatchObject({ deliveredRecords: 1_000, failure: undefined })
  const offsets = await admin.topicOffsets('flows')
  expect(offsets.reduce((sum, { latest }) => sum + Number(latest), 0)).toBe(1_000)

  const wrong = { ...auth, credentials: { accessKeyId, secretAccessKey: 'not-the-secret' } }
  expect(await runFleet({ ...fleet, auth: wrong })).toMatchObject({
    deliveredRecords: 0,
    unwrittenRecords: 1_000,
    failure: { code: 'AUTHENTICATION_FAILED' },
  })
  await admin.close()
})
