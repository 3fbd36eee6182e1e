import { defineJob } from '@tidewater/emr'
import { netflowSchema } from '@tidewater/producer/sample'
import { describe, expect, it } from 'vitest'
import { expectedPartitions, parseDeliveries } from '../src/table/expected.js'

function jobFrom(startingOffsets: 'earliest' | 'latest' | Record<string, number>) {
  return defineJob({
    name: 'flows',
    schema: netflowSchema,
    source: { bootstrapBrokers: 'a:1', topic: 'netflow', auth: { type: 'none' }, startingOffsets },
    table: { catalog: { name: 'local', type: 'hadoop', warehouse: '/w' }, namespace: 'db', name: 'netflow' },
    trigger: { type: 'availableNow' },
    checkpointLocation: '/c',
  })
}

const report = (delivered: number, topic = 'netflow') =>
  parseDeliveries({ topic, partitions: [{ partition: 0, delivered }], other: 1 }, 'report.json')

describe('expectedPartitions', () => {
  const whole = [{ partition: 0, earliest: 0n, latest: 10n }]

  it('sums the delivery reports of all producers', () => {
    expect(expectedPartitions(jobFrom('earliest'), whole, [report(7), report(3)])).toEqual([
      { partition: 0, earliest: 0n, latest: 10n, delivered: 10n },
    ])
  })

  it('leaves the reports out where Kafka no longer holds all they count', () => {
    const kept = [{ partition: 0, earliest: 4n, latest: 10n }]
    expect(expectedPartitions(jobFrom('earliest'), kept, [report(10)])).toEqual(kept)
  })

  it('begins where the job began', () => {
    expect(expectedPartitions(jobFrom({ '0': 6 }), whole, [report(10)])).toEqual([
      { partition: 0, earliest: 6n, latest: 10n },
    ])
  })

  it('refuses what it can not know', () => {
    const usage = expect.objectContaining({ code: 'USAGE' })
    expect(() => expectedPartitions(jobFrom('latest'), whole, [])).toThrowError(usage)
    expect(() => expectedPartitions(jobFrom('earliest'), whole, [report(1, 'other')])).toThrowError(usage)
    expect(() => parseDeliveries({ topic: 'x' }, 'r.json')).toThrowError(/r\.json.*partitions/)
  })
})
