import { TidewaterError } from '@tidewater/core'
import { Partitioners } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { murmur2 } from '../src/batch/murmur2.js'
import { partitionOfKey, requirePartition, StickyPartitioner } from '../src/batch/partitioner.js'

describe('murmur2', () => {
  // The values of UtilsTest.testMurmur2 in Apache Kafka's own clients.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %j is what the Java client computes', (key, expected) => {
    expect(murmur2(Buffer.from(key))).toBe(expected)
  })

  test('reads a view at an odd offset', () => {
    expect(murmur2(Buffer.from('xfoobar').subarray(1))).toBe(-790332482)
  })
})

describe('partitionOfKey', () => {
  test("agrees with kafkajs's partitioner", () => {
    const witness = Partitioners.DefaultPartitioner()
    for (const count of [1, 3, 12, 97]) {
      const partitions = Array.from({ length: count }, (_, partition) => partition)
      const partitionMetadata = partitions.map((partitionId) => ({
        partitionId,
        leader: 0,
        replicas: [],
        isr: [],
        partitionErrorCode: 0,
      }))
      for (let number = 0; number < 500; number++) {
        const key = Buffer.from(`key-${number}-é`)
        const message = { key, value: null }
        expect(partitionOfKey(key, partitions)).toBe(witness({ topic: 't', partitionMetadata, message }))
      }
    }
  })

  test('hashes an empty key', () => {
    expect(partitionOfKey(Buffer.alloc(0), [0, 1, 2])).toBe((murmur2(Buffer.alloc(0)) & 0x7fffffff) % 3)
  })
})

describe('StickyPartitioner', () => {
  const idle = () => 0

  test('starts where the random number says and goes round', () => {
    const sticky = new StickyPartitioner([0, 1, 2], 0.4)
    const visited = [sticky.current]
    for (let batch = 0; batch < 3; batch++) {
      sticky.batchClosed(sticky.current, idle)
      visited.push(sticky.current)
    }
    expect(visited).toEqual([1, 2, 0, 1])
  })

  test("stays when another partition's batch is closed", () => {
    const sticky = new StickyPartitioner([0, 1, 2], 0)
    sticky.batchClosed(2, idle)
    expect(sticky.current).toBe(0)
  })

  test('passes by a partition where batches wait', () => {
    const sticky = new StickyPartitioner([0, 1, 2], 0)
    sticky.batchClosed(0, (partition) => [1, 5, 0][partition] as number)
    expect(sticky.current).toBe(2)
  })

  test('stays on a single partition', () => {
    const sticky = new StickyPartitioner([7], 0.99)
    sticky.batchClosed(7, () => 4)
    expect(sticky.current).toBe(7)
  })
})

test.each([3, -1, 1.5, Number.NaN])('partition %s of three does not exist', (partition) => {
  let thrown: unknown
  try {
    requirePartition('flows', partition, [0, 1, 2])
  } catch (error) {
    thrown = error
  }
  expect(TidewaterError.isInstance(thrown) && thrown.code).toBe('PARTITION_NOT_FOUND')
  expect(String(thrown)).toContain(`"flows" has no partition ${partition}`)
})
