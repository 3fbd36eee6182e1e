import { expect, test } from 'vitest'
import { FleetMember } from '../../src/fleet/fleet-member.js'
import { WorkerCounters } from '../../src/fleet/worker-counters.js'

const plan = {
  index: 0,
  clientId: 'Kafka-P101',
  seed: 1,
  firstSequenceNumber: 1,
  records: 100,
  ratePerSecond: undefined,
  thread: 0,
}
const memberOf = () => new FleetMember(plan, 0, WorkerCounters.memory(1), 1)

test('deliveries by partition are told where every thread told its own', () => {
  const member = memberOf()
  member.counters.noteDelivered(60, 600)
  member.addDelivered([
    [0, 20],
    [1, 40],
  ])
  member.counters.noteDelivered(40, 400)
  member.addDelivered([[1, 40]])
  expect(member.deliveredByPartition).toEqual(
    new Map([
      [0, 20],
      [1, 80],
    ]),
  )
})

test('a thread that ended before it could tell its deliveries leaves them unknown; one without deliveries does not', () => {
  const member = memberOf()
  member.counters.writtenRecords = 10
  member.counters.settleLost()
  expect(member.deliveredByPartition).toEqual(new Map())
  member.counters.writtenRecords = 30
  member.counters.noteDelivered(15, 150)
  member.counters.settleLost()
  member.addDelivered([])
  expect(member.deliveredByPartition).toBeUndefined()
})
