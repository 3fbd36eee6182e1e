import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { kafkaConnection } from '../../src/config/kafka.js'
import { TidewaterError } from '../../src/errors.js'
import { Deadline } from '../../src/kafka/drivers/deadline.js'
import { DeliveryLedger } from '../../src/kafka/drivers/delivery-ledger.js'
import type { MessagesOfPartition } from '../../src/kafka/drivers/kafkajs/messages.js'
import { ProduceSessions } from '../../src/kafka/drivers/kafkajs/produce-session.js'
import { SegmentSender } from '../../src/kafka/drivers/kafkajs/segment-sender.js'
import { TopicPartitions } from '../../src/kafka/drivers/topic-partitions.js'
import type { BatchReport, DriverProducerOptions } from '../../src/kafka/port.js'

interface Written {
  readonly baseOffset?: string
  readonly partition?: number
}

/** What kafkajs does with a send: groups the messages, encodes them if it gets that far, and answers or throws. */
type Script = (messages: MessagesOfPartition, deadline: Deadline) => Promise<Written[]>

const encode = (messages: MessagesOfPartition) => {
  messages.reduce(() => ({}), {})
  messages.map((message) => message.timestamp)
}

const acknowledges: Script = async (messages) => {
  encode(messages)
  return [{ partition: 1, baseOffset: '7' }]
}

const sendsNothing: Script = async (messages) => {
  messages.reduce(() => ({}), {})
  return []
}

function encodesAndThrows(error: object): Script {
  return async (messages) => {
    encode(messages)
    throw error
  }
}

const encodesAndIsSilent: Script = (messages) => {
  encode(messages)
  return new Promise(() => {})
}

const answer = (code: number) =>
  Object.assign(new Error(`code ${code}`), { name: 'KafkaJSProtocolError', type: `CODE_${code}`, code })
const refusedConnection = () =>
  Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { name: 'KafkaJSConnectionError' })

interface Outcome {
  readonly report: BatchReport
  /** Which session each attempt ran on. */
  readonly sessionsUsed: number[]
  readonly disconnected: number[]
}

/** Sends two records to partition 1; each attempt follows the next script, the last one any further. */
async function sendBy(
  scripts: readonly Script[],
  options: Partial<DriverProducerOptions> = {},
  look: (deadline: Deadline) => Promise<readonly number[]> = async () => [0, 1],
  durationMs = 20_000,
): Promise<Outcome> {
  const sessionsUsed: number[] = []
  const disconnected: number[] = []
  const deadline = new Deadline(durationMs)
  let sessions = 0
  const produceSessions = new ProduceSessions(() => {
    const session = sessions++
    return {
      connect: async () => undefined,
      disconnect: async () => {
        disconnected.push(session)
      },
      send: ({ messages }: { messages: unknown }) => {
        const script = scripts[Math.min(sessionsUsed.length, scripts.length - 1)] as Script
        sessionsUsed.push(session)
        return script(messages as MessagesOfPartition, deadline)
      },
    } as never
  })
  const sender = new SegmentSender(
    kafkajs,
    kafkaConnection({ brokers: '127.0.0.1:1' }),
    {
      acks: 'all',
      idempotent: true,
      compression: 'none',
      deliveryTimeoutMs: 20_000,
      maxRequestBytes: 1_000_000,
      ...options,
    },
    1_000,
    produceSessions,
    new TopicPartitions(() => look(deadline)),
  )
  const records = [{ value: Buffer.from('a') }, { value: Buffer.from('b') }]
  const ledger = new DeliveryLedger(2)
  const tooLarge = await sender.send(
    { topic: 't', partition: 1, records },
    { first: 0, end: 2 },
    ledger,
    deadline,
  )
  expect(tooLarge).toEqual([])
  expect(ledger.undecidedCount).toBe(0)
  return { report: ledger.report('t', 1), sessionsUsed, disconnected }
}

const delivered = [{ firstIndex: 0, count: 2, baseOffset: 7n }]

/** Ends the time of the send, as its deadline would. */
const expires =
  (script: Script): Script =>
  (messages, deadline) => {
    deadline.expire()
    return script(messages, deadline)
  }

describe('what kafkajs says is done', () => {
  test.each([
    ['all', true],
    ['none', false],
  ] as const)(
    'is no delivery when it sent nothing, acks %s: it is sent in a new session',
    async (acks, idempotent) => {
      const { report, sessionsUsed, disconnected } = await sendBy([sendsNothing, acknowledges], {
        acks,
        idempotent,
      })
      expect(report.failed).toEqual([])
      expect(sessionsUsed).toEqual([0, 1])
      expect(disconnected).toEqual([0])
    },
  )

  test.each([
    ['another partition', [{ partition: 0, baseOffset: '3' }]],
    ['no offset', [{ partition: 1 }]],
  ])(
    'is no delivery when it answers for %s: the producer id stays, as it may be written',
    async (_, result) => {
      const answers: Script = async (messages) => {
        encode(messages)
        return result
      }
      const { report, sessionsUsed } = await sendBy([answers, acknowledges])
      expect(report.delivered).toEqual(delivered)
      expect(sessionsUsed).toEqual([0, 0])
    },
  )
})

describe('whether a record may have been written', () => {
  test.each([
    ['a refused connection that hides the first error', encodesAndThrows(refusedConnection()), true],
    ['a time-out between brokers (7)', encodesAndThrows(answer(7)), true],
    ['a broken connection between brokers (13)', encodesAndThrows(answer(13)), true],
    ['too few replicas after the append (20)', encodesAndThrows(answer(20)), true],
    ['too few replicas before the append (19)', encodesAndThrows(answer(19)), false],
    [
      'a leader that moved, perhaps while the records waited for the replicas (6)',
      encodesAndThrows(answer(6)),
      true,
    ],
    [
      'a connection refused before anything was encoded',
      async () => {
        throw refusedConnection()
      },
      false,
    ],
    ['no answer, encoded', encodesAndIsSilent, true],
    ['no answer, not encoded', (() => new Promise(() => {})) as Script, false],
  ] satisfies [string, Script, boolean][])('after %s', async (_, script, mayBeWritten) => {
    const { report } = await sendBy([expires(script)])
    expect(report.failed).toHaveLength(1)
    expect(report.failed[0]?.error).toMatchObject({
      code: 'DELIVERY_TIMEOUT',
      details: { mayBeWritten },
    })
  })

  test('is carried into a later failure of another kind', async () => {
    const { report } = await sendBy([encodesAndThrows(refusedConnection()), encodesAndThrows(answer(29))])
    expect(report.failed[0]?.error).toMatchObject({
      code: 'AUTHORIZATION_FAILED',
      details: { mayBeWritten: true, kafkaErrorCode: 29 },
    })
  })

  test('two attempts of kafkajs in one send leave it open, whatever the second was told', async () => {
    const twice: Script = async (messages) => {
      encode(messages)
      encode(messages)
      throw answer(45)
    }
    const { report, sessionsUsed } = await sendBy([twice, acknowledges])
    expect(report.failed[0]?.error).toMatchObject({
      code: 'DELIVERY_FAILED',
      details: { mayBeWritten: true },
    })
    expect(sessionsUsed).toEqual([0])
  })
})

describe('while the outcome is open', () => {
  test.each([
    ['keeps its producer id when idempotent', { idempotent: true }, [0, 0, 0]],
    ['may take another session when not', { idempotent: false }, [0, 0, 1]],
  ])('a missing topic %s', async (_, options, expected) => {
    const scripts = [encodesAndThrows(refusedConnection()), encodesAndThrows(answer(3)), acknowledges]
    const { report, sessionsUsed } = await sendBy(scripts, options)
    expect(report.delivered).toEqual(delivered)
    expect(sessionsUsed).toEqual(expected)
  })

  test('a topic that is really gone ends it', async () => {
    const gone = () => Promise.reject(new TidewaterError('TOPIC_NOT_FOUND', 'no topic t'))
    const { report } = await sendBy([encodesAndThrows(answer(3))], {}, gone)
    expect(report.failed[0]?.error).toMatchObject({
      code: 'TOPIC_NOT_FOUND',
      details: { mayBeWritten: true },
    })
  })

  test('looking the topic up without success is no answer', async () => {
    const away = () => Promise.reject(new TidewaterError('BROKER_UNREACHABLE', 'away', { retryable: true }))
    const { report } = await sendBy([encodesAndThrows(answer(3)), acknowledges], {}, away)
    expect(report.delivered).toEqual(delivered)
  })

  test('looking the topic up ends with the time', async () => {
    const silent = (deadline: Deadline) => {
      deadline.expire()
      return new Promise<never>(() => {})
    }
    const { report, sessionsUsed } = await sendBy([encodesAndThrows(answer(3))], {}, silent)
    expect(report.failed[0]?.error.code).toBe('DELIVERY_TIMEOUT')
    expect(sessionsUsed).toEqual([0])
  })

  test('a stale producer id that wrote nothing is replaced', async () => {
    const { report, sessionsUsed } = await sendBy([encodesAndThrows(answer(45)), acknowledges])
    expect(report.delivered).toEqual(delivered)
    expect(sessionsUsed).toEqual([0, 1])
  })
})

describe('when the time is over', () => {
  test('no further request is made', async () => {
    const { report, sessionsUsed } = await sendBy([expires(encodesAndThrows(answer(19)))])
    expect(report.failed[0]?.error.code).toBe('DELIVERY_TIMEOUT')
    expect(sessionsUsed).toEqual([0])
  })

  test('not even a first one', async () => {
    const { report, sessionsUsed } = await sendBy([acknowledges], {}, undefined, 0)
    expect(report.failed[0]?.error).toMatchObject({ details: { mayBeWritten: false } })
    expect(sessionsUsed).toEqual([])
  })

  test('what kafkajs has not encoded by then it can no longer encode', async () => {
    let late: MessagesOfPartition | undefined
    await sendBy([
      expires((messages) => {
        late = messages
        return new Promise(() => {})
      }),
    ])
    expect(() => late?.map((message) => message)).toThrow('no longer to be sent')
    expect(() => late?.reduce(() => ({}), {})).toThrow('no longer to be sent')
    expect(late?.wasEncoded).toBe(false)
  })
})

test('closing the sessions disconnects the retired ones whose sends still run', async () => {
  const disconnected: number[] = []
  let count = 0
  const sessions = new ProduceSessions(() => {
    const number = count++
    return {
      connect: async () => undefined,
      disconnect: async () => {
        disconnected.push(number)
      },
    } as never
  })
  const first = await sessions.current()
  let end: () => void = () => undefined
  const running = first.hold(
    () =>
      new Promise<void>((resolve) => {
        end = resolve
      }),
  )
  first.retire()
  await sessions.current()
  expect(disconnected).toEqual([])
  await sessions.close()
  expect(disconnected.sort()).toEqual([0, 1])
  // kafkajs connects again for a send it interrupts; its end disconnects that, too.
  end()
  await running
  expect(disconnected).toEqual([0, 1, 0])
})
