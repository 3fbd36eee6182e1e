// Answers that are whole, cut off, damaged and made up: reading one ends, and gives something or throws RangeError.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as ofCluster from '../../src/native/wire/messages.js'
import { readProduceResponse } from '../../src/native/wire/produce.js'
import { Reader } from '../../src/native/wire/reader.js'
import * as ofTransaction from '../../src/native/wire/transaction-messages.js'
import { Writer } from '../../src/native/wire/writer.js'

interface Answer {
  read(reader: Reader): unknown
  readonly bytes: Buffer
  /** What has to be read of it. */
  readonly is: unknown
}

function written(write: (to: Writer) => unknown): Buffer {
  const writer = new Writer()
  write(writer)
  return writer.bytes
}

const throttleMs = 7
const topics = ['flows', 'alerts']
const identity = { producerId: 2n ** 40n, epoch: 3 }
const broker = { nodeId: 1, host: 'b-1.example', port: 9098 }

const answers: Readonly<Record<string, Answer>> = {
  ApiVersions: {
    read: ofCluster.apiVersions.read,
    bytes: written((to) => {
      to.int16(0).array([0, 18], (key) => to.int16(key).int16(1).int16(9).end())
      const features = written((tag) =>
        tag.array(['transaction.version'], (name) => tag.string(name).int16(2).int16(0).end()),
      )
      // Behind the throttle time two tagged fields: one that isn't known, and the features.
      to.int32(throttleMs).unsignedVarint(2).unsignedVarint(1).unsignedVarint(1).int8(0)
      to.unsignedVarint(2).unsignedVarint(features.length).raw(features)
    }),
    is: {
      errorCode: 0,
      ranges: [0, 18].map((key) => ({ key, min: 1, max: 9 })),
      features: new Map([['transaction.version', 2]]),
    },
  },
  Metadata: {
    read: ofCluster.metadata.read,
    bytes: written((to) => {
      to.int32(throttleMs)
        .array([broker], ({ nodeId, host, port }) =>
          to.int32(nodeId).string(host).int32(port).string(null).end(),
        )
        .string('cluster')
        .int32(1)
      to.array(topics, (topic) => {
        to.int16(0).string(topic).boolean(false)
        to.array([0, 1], (partition) => {
          to.int16(0).int32(partition).int32(1).int32(5)
          for (let list = 0; list < 3; list++) to.array([1, 2, 3], (replica) => to.int32(replica))
          to.end()
        })
        to.int32(0).end()
      }).end()
    }),
    is: {
      brokers: [broker],
      topics: topics.map((topic) => ({
        errorCode: 0,
        topic,
        partitions: [0, 1].map((partition) => ({ errorCode: 0, partition, leader: 1 })),
      })),
    },
  },
  InitProducerId: {
    read: ofCluster.initProducerId.read,
    bytes: written((to) =>
      to.int32(throttleMs).int16(0).int64(identity.producerId).int16(identity.epoch).end(),
    ),
    is: { errorCode: 0, ...identity },
  },
  SaslHandshake: {
    read: ofCluster.saslHandshake.read,
    bytes: written((to) => to.int16(33).int32(2).plainString('PLAIN').plainString('OAUTHBEARER')),
    is: { errorCode: 33, mechanisms: ['PLAIN', 'OAUTHBEARER'] },
  },
  SaslAuthenticate: {
    read: ofCluster.saslAuthenticate.read,
    bytes: written((to) => to.int16(58).string('no').compactBytes(Buffer.from('{}')).int64(900n).end()),
    is: { errorCode: 58, errorMessage: 'no', authBytes: Buffer.from('{}'), sessionLifetimeMs: 900n },
  },
  DescribeConfigs: {
    read: ofCluster.describeConfigs.read,
    bytes: written((to) =>
      to
        .int32(throttleMs)
        .array(topics.slice(0, 1), (topic) => {
          to.int16(0).string(null).int8(2).string(topic)
          to.array(['max.message.bytes', 'retention.ms'], (name) => {
            to.string(name).string('20').boolean(false).int8(1).boolean(false)
            to.array([name], (synonym) => to.string(synonym).string('20').int8(1).end())
            to.int8(3).string(null).end()
          }).end()
        })
        .end(),
    ),
    is: new Map([
      ['max.message.bytes', '20'],
      ['retention.ms', '20'],
    ]),
  },
  Produce: {
    read: readProduceResponse,
    bytes: written((to) =>
      to
        .array(topics, (topic) => {
          to.string(topic).array([0, 1], (partition) => {
            to.int32(partition).int16(87).int64(4n).int64(-1n).int64(0n)
            to.array([2, 3], (index) => to.int32(index).string('too old').end())
            to.string(partition === 0 ? null : 'refused').end()
          })
          to.end()
        })
        .int32(throttleMs)
        .end(),
    ),
    is: {
      results: topics.flatMap((topic) =>
        ['record 2: too old', 'refused'].map((errorMessage, partition) => ({
          topic,
          partition,
          errorCode: 87,
          baseOffset: 4n,
          errorMessage,
        })),
      ),
      throttleTimeMs: throttleMs,
    },
  },
  FindCoordinator: {
    read: ofTransaction.findCoordinator.read,
    bytes: written((to) =>
      to
        .int32(throttleMs)
        .int16(0)
        .string(null)
        .int32(broker.nodeId)
        .string(broker.host)
        .int32(broker.port)
        .end(),
    ),
    is: { errorCode: 0, errorMessage: null, ...broker },
  },
  AddPartitionsToTxn: {
    read: ofTransaction.addPartitionsToTxn.read,
    bytes: written((to) =>
      to
        .int32(throttleMs)
        .array(topics, (topic) =>
          to
            .string(topic)
            .array([0], (partition) => to.int32(partition).int16(51).end())
            .end(),
        )
        .end(),
    ),
    is: topics.map((topic) => ({ topic, partition: 0, errorCode: 51 })),
  },
  AddOffsetsToTxn: {
    read: ofTransaction.addOffsetsToTxn.read,
    bytes: written((to) => to.int32(throttleMs).int16(51).end()),
    is: { errorCode: 51 },
  },
  TxnOffsetCommit: {
    read: ofTransaction.txnOffsetCommit.read,
    bytes: written((to) =>
      to
        .int32(throttleMs)
        .array(topics, (topic) =>
          to
            .string(topic)
            .array([0, 4], (partition) => to.int32(partition).int16(22).end())
            .end(),
        )
        .end(),
    ),
    is: topics.flatMap((topic) => [0, 4].map((partition) => ({ topic, partition, errorCode: 22 }))),
  },
  EndTxn: {
    read: ofTransaction.endTxnWithEpoch.read,
    bytes: written((to) =>
      to.int32(throttleMs).int16(0).int64(identity.producerId).int16(identity.epoch).end(),
    ),
    is: { errorCode: 0, next: identity },
  },
}

/** @returns whether it could be read */
function isRead(bytes: Buffer, { read }: Answer): boolean {
  try {
    read(new Reader(bytes))
    return true
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RangeError)
    expect(String(thrown)).toContain('the answer')
    return false
  }
}

describe.each(Object.entries(answers))('%s', (_, answer) => {
  const { bytes, is } = answer

  test('is read', () => {
    expect(answer.read(new Reader(bytes))).toEqual(is)
  })

  test('cut off, it is refused, unless nothing that is read is missing', () => {
    const lengths = Array.from({ length: bytes.length }, (_, length) => length)
    const read = lengths.filter((length) => isRead(bytes.subarray(0, length), answer))
    // Only the tags at its very end are not looked at.
    expect(read.every((length) => length >= bytes.length - 1)).toBe(true)
  })

  test('with any byte another, or lengths of up to 32 bits in its place, it ends', () => {
    const lengths = [
      '00',
      '01',
      '7f',
      'ff',
      'ffffffff07',
      'ffffffff0f',
      '8080808010',
      'ffffffffffffffffff01',
      '7fffffff',
    ]
    for (let at = 0; at < bytes.length; at++) {
      for (const length of lengths) {
        const inserted = Buffer.from(length, 'hex')
        isRead(Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + 1)]), answer)
      }
    }
  })

  test('made up, it ends', () => {
    // Small bytes are lengths that go far.
    const made = fc.array(fc.oneof(fc.nat(3), fc.nat(255)), { maxLength: 200 })
    fc.assert(
      fc.property(made, (values) => void isRead(Buffer.from(values), answer)),
      { numRuns: 1_000 },
    )
  })
})

test.each([
  ['array', '8f8fffff0f'],
  ['plainArray', '7fffffff'],
  // 20,000,000 items: memory for as many would be there at once.
  ['array', '81dac409'],
  ['plainArray', '01312d00'],
] as const)('an %s of %s items in an answer of 20 bytes is refused before one is read', (kind, count) => {
  const bytes = Buffer.alloc(20)
  bytes.write(count, 'hex')
  let items = 0
  expect(() => new Reader(bytes)[kind](() => items++)).toThrowError(RangeError)
  expect(items).toBe(0)
})
