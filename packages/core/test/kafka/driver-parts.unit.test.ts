import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { TidewaterError } from '../../src/errors.js'
import { DeliverySlots } from '../../src/kafka/drivers/confluent/delivery-slots.js'
import { confluentError } from '../../src/kafka/drivers/confluent/errors.js'
import { DeliveryLedger } from '../../src/kafka/drivers/delivery-ledger.js'
import { isXerial, registerCodecs } from '../../src/kafka/drivers/kafkajs/codecs.js'
import { kafkajsError } from '../../src/kafka/drivers/kafkajs/errors.js'
import { PartitionLanes } from '../../src/kafka/drivers/partition-lanes.js'
import { checkProducerOptions } from '../../src/kafka/drivers/producer-options.js'
import { checkRecord, endOfRequest } from '../../src/kafka/drivers/record-check.js'
import { type Segment, sendSplitting } from '../../src/kafka/drivers/split-send.js'
import { TopicPartitions } from '../../src/kafka/drivers/topic-partitions.js'
import { loadPeer } from '../../src/load-peer.js'

const failure = new TidewaterError('DELIVERY_FAILED', 'refused')

describe('DeliveryLedger', () => {
  test('merges neighbours with consecutive offsets or the same error', () => {
    const ledger = new DeliveryLedger(8)
    ledger.deliverRange(0, 3, 10)
    ledger.deliver(3, 20)
    ledger.fail(4, failure)
    ledger.fail(5, failure)
    ledger.fail(6, new TidewaterError('RECORD_TOO_LARGE', 'big'))
    expect(ledger.undecidedCount).toBe(1)
    ledger.deliver(7, -1)
    const report = ledger.report('t', 1)
    expect(report.delivered).toEqual([
      { firstIndex: 0, count: 3, baseOffset: 10n },
      { firstIndex: 3, count: 1, baseOffset: 20n },
      { firstIndex: 7, count: 1, baseOffset: undefined },
    ])
    expect(report.failed.map(({ firstIndex, count }) => [firstIndex, count])).toEqual([
      [4, 2],
      [6, 1],
    ])
  })

  test('a record is decided once', () => {
    const ledger = new DeliveryLedger(1)
    ledger.failRest(failure)
    ledger.deliver(0, 5)
    expect(ledger.report('t', 0)).toMatchObject({ delivered: [], failed: [{ firstIndex: 0, count: 1 }] })
  })
})

describe('sendSplitting', () => {
  test('halves what is too large, in order, down to the culprit', async () => {
    const sent: number[] = []
    const refused: number[] = []
    const tooLarge = new Set([5, 6])
    const attempt = async ({ first, end }: Segment) => {
      const indexes = Array.from({ length: end - first }, (_, i) => first + i)
      if (indexes.some((index) => tooLarge.has(index))) return [{ first, end }]
      sent.push(...indexes)
      return []
    }
    await sendSplitting(
      [
        { first: 0, end: 8 },
        { first: 8, end: 11 },
      ],
      'own',
      attempt,
      async (index) => {
        refused.push(index)
      },
    )
    expect(sent).toEqual([0, 1, 2, 3, 4, 7, 8, 9, 10])
    expect(refused).toEqual([5, 6])
  })
})

describe('DeliverySlots', () => {
  const error = { code: -192 }

  test('finds the record of each report, and frees the slot after the last', async () => {
    const slots = new DeliverySlots()
    const [one, two] = [new DeliveryLedger(4), new DeliveryLedger(2)]
    const first = slots.open({ first: 2, end: 4 }, one, () => failure)
    const second = slots.open({ first: 0, end: 2 }, two, () => failure)
    for (const handle of [first, first, second, second]) handle.added()
    slots.onReport(null, first.opaqueOf(3), 7)
    slots.onReport(error, second.opaqueOf(0), -1001)
    slots.onReport({ code: 10 }, second.opaqueOf(1), -1001)
    slots.onReport(null, first.opaqueOf(2), 6)
    first.filled()
    second.filled()
    await Promise.all([first.settled, second.settled])
    expect(one.report('t', 0).delivered).toEqual([{ firstIndex: 2, count: 2, baseOffset: 6n }])
    expect(two.isUndecided(0)).toBe(false)
    expect(second.tooLarge()).toEqual([{ first: 1, end: 2 }])
    // A report for a slot that is free again meets no record.
    slots.onReport(null, first.opaqueOf(2), 99)
    expect(one.report('t', 0).delivered).toEqual([{ firstIndex: 2, count: 2, baseOffset: 6n }])
  })

  test('a slot stays taken until its last report', () => {
    const slots = new DeliverySlots()
    const late = slots.open({ first: 0, end: 1 }, new DeliveryLedger(1), () => failure)
    late.added()
    late.filled()
    const next = slots.open({ first: 0, end: 1 }, new DeliveryLedger(1), () => failure)
    expect(next.opaqueOf(0)).not.toBe(late.opaqueOf(0))
  })
})

describe('PartitionLanes', () => {
  test('keeps the order within a partition, also after a rejection', async () => {
    const lanes = new PartitionLanes()
    const order: string[] = []
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const first = lanes.run('t', 0, async () => {
      await gate
      order.push('first')
      throw failure
    })
    const second = lanes.run('t', 0, async () => order.push('second'))
    await lanes.run('t', 1, async () => order.push('other'))
    release()
    await expect(first).rejects.toBe(failure)
    await second
    expect(order).toEqual(['other', 'first', 'second'])
  })
})

describe('TopicPartitions', () => {
  test('asks once for callers at the same time, and again for an unknown partition', async () => {
    let asked = 0
    let partitions = [0, 1]
    const topics = new TopicPartitions(async () => {
      asked++
      return partitions
    })
    await Promise.all([topics.require('t', 0), topics.require('t', 1)])
    expect(asked).toBe(1)
    await expect(topics.require('t', 2)).rejects.toMatchObject({ code: 'PARTITION_NOT_FOUND' })
    partitions = [0, 1, 2]
    await topics.require('t', 2)
    expect(asked).toBe(3)
  })
})

describe('records and options', () => {
  test('requests are cut by size, a single large record goes alone', () => {
    const records = [300, 300, 5_000, 10].map((size) => ({ value: Buffer.alloc(size) }))
    const cuts = [0]
    for (let at = 0; at < records.length; cuts.push(at)) at = endOfRequest(records, at, records.length, 1_300)
    expect(cuts).toEqual([0, 2, 3, 4])
  })

  test.each([0, -1, 1.5, Number.NaN])('timestampMs %s is invalid', (timestampMs) => {
    expect(checkRecord({ value: null, timestampMs }, 1_000_000)?.code).toBe('RECORD_INVALID')
  })

  test('the size counts keys and headers', () => {
    const record = {
      value: null,
      key: Buffer.alloc(300),
      headers: { name: Buffer.alloc(300), text: 'ä'.repeat(200) },
    }
    expect(checkRecord(record, 1_500)?.details).toMatchObject({
      sizeBytes: 36 + 300 + 314 + 414,
      limitBytes: 1_500,
    })
  })

  test('an option out of bounds names value and limits', () => {
    const options = {
      acks: 'all',
      idempotent: true,
      compression: 'none',
      deliveryTimeoutMs: 5,
      maxRequestBytes: 1e6,
    } as const
    expect(() => checkProducerOptions('kafkajs', options, ['none'])).toThrow(
      'deliveryTimeoutMs must be a whole number from 1000 to 900000, got 5',
    )
  })

  test.each(['kafkajs', 'confluent'] as const)('refuses transactions with %s, which has none', (driver) => {
    const options = {
      acks: 'all',
      idempotent: true,
      compression: 'none',
      deliveryTimeoutMs: 30_000,
      maxRequestBytes: 1_000_000,
      transactionalId: 'transfer',
    } as const
    expect(() => checkProducerOptions(driver, options, ['none'])).toThrow(
      expect.objectContaining({ code: 'DRIVER_UNSUPPORTED_OPTION' }),
    )
    expect(() => checkProducerOptions('native', options, ['none'])).not.toThrow()
  })
})

describe('errors', () => {
  const subject = { action: 'Producing', topic: 't', brokers: ['b:1'] }

  test.each([
    [3, 'TOPIC_NOT_FOUND', false],
    [6, 'KAFKA_PROTOCOL', true],
    [10, 'RECORD_TOO_LARGE', false],
    [19, 'KAFKA_PROTOCOL', true],
    [29, 'AUTHORIZATION_FAILED', false],
    [36, 'TOPIC_EXISTS', false],
    [37, 'TOPIC_CONFLICT', false],
    [45, 'DELIVERY_FAILED', false],
    [58, 'AUTHENTICATION_FAILED', false],
    [87, 'KAFKA_PROTOCOL', false],
  ] as const)('Kafka error %s means the same in both drivers', (code, expected, retryable) => {
    const viaKafkajs = kafkajsError(Object.assign(new Error('text'), { code, type: 'TYPE' }), subject)
    const viaConfluent = confluentError(Object.assign(new Error('text'), { code }), subject)
    for (const error of [viaKafkajs, viaConfluent]) {
      expect(error).toMatchObject({ code: expected, retryable })
      expect(error.details.kafkaErrorCode).toBe(code)
    }
    expect(viaKafkajs.message).toBe(viaConfluent.message)
  })

  test('kafkajs wraps: the innermost error decides', () => {
    const refused = Object.assign(new Error('ECONNREFUSED'), {
      name: 'KafkaJSConnectionError',
      code: 'ECONNREFUSED',
    })
    const wrapped = Object.assign(new Error('gave up'), {
      name: 'KafkaJSNumberOfRetriesExceeded',
      cause: refused,
    })
    expect(kafkajsError(wrapped, subject)).toMatchObject({ code: 'BROKER_UNREACHABLE', retryable: true })
  })

  test('a group coordinator that is not there yet may be there later', () => {
    const missing = Object.assign(new Error('Failed to find group coordinator'), {
      name: 'KafkaJSGroupCoordinatorNotFound',
    })
    expect(kafkajsError(missing, subject)).toMatchObject({ code: 'KAFKA_PROTOCOL', retryable: true })
  })

  test('a missing package and one that does not load have different remedies', async () => {
    const missing = Object.assign(new Error("Cannot find package '@scope/peer' imported from x"), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
    await expect(loadPeer('@scope/peer', () => Promise.reject(missing))).rejects.toMatchObject({
      code: 'DRIVER_NOT_INSTALLED',
      remedy: 'npm install @scope/peer',
    })
    const broken = new Error('Could not locate the bindings file')
    await expect(loadPeer('@scope/peer', () => Promise.reject(broken))).rejects.toMatchObject({
      code: 'DRIVER_NOT_INSTALLED',
      remedy: 'npm rebuild @scope/peer',
    })
  })
})

describe('snappy framing', () => {
  type Codec = { compress(e: { buffer: Buffer }): Promise<Buffer>; decompress(b: Buffer): Promise<Buffer> }

  async function codec(): Promise<Codec> {
    const kafkajs = await import('kafkajs')
    const missing = () => {
      throw new Error('not implemented')
    }
    // Its own registry is the whole process's, and keeps what another test put there.
    const registry: Record<number, () => unknown> = { 2: missing, 3: missing, 4: missing }
    registerCodecs({ ...kafkajs, CompressionCodecs: registry } as unknown as typeof kafkajs)
    return registry[2]?.() as Codec
  }

  const text = Buffer.from('a text that repeats itself, '.repeat(100))

  test('reads raw blocks', async () => {
    const { compress, decompress } = await codec()
    const packed = await compress({ buffer: text })
    expect(isXerial(packed)).toBe(false)
    expect(await decompress(packed)).toEqual(text)
  })

  test("reads Java's framed blocks", async () => {
    const { compress, decompress } = await codec()
    const header = Buffer.concat([
      Buffer.from([0x82]),
      Buffer.from('SNAPPY\0'),
      Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]),
    ])
    const blocks = [text.subarray(0, 1_000), text.subarray(1_000)]
    const framed: Uint8Array[] = [header]
    for (const block of blocks) {
      const packed = await compress({ buffer: block })
      const length = Buffer.alloc(4)
      length.writeInt32BE(packed.length)
      framed.push(length, packed)
    }
    expect(await decompress(Buffer.concat(framed))).toEqual(text)
    expect(isXerial(deflateSync(text))).toBe(false)
  })
})
