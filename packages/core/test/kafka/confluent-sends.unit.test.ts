import { describe, expect, test } from 'vitest'
import { kafkaConnection } from '../../src/config/kafka.js'
import type { ConfluentModule } from '../../src/kafka/drivers/confluent/client.js'
import { createConfluentProducer } from '../../src/kafka/drivers/confluent/producer.js'
import type { DriverProducer } from '../../src/kafka/port.js'

type ReportListener = (error: unknown, report: { opaque: number; offset: number }) => void
type LogListener = (line: { severity: number; fac: string; message: string }) => void

/** The library in memory: what `produce` does is the test's, reports come when the test wants. */
class FakeLibrary {
  readonly produced: { readonly value: string; readonly opaque: number }[] = []
  readonly flushTimeoutsMs: number[] = []
  report: ReportListener = () => {}
  log: LogListener = () => {}
  onProduce: (value: string, opaque: number) => void = () => {}

  async producer(deliveryTimeoutMs = 10_000): Promise<DriverProducer> {
    const library = this
    class Producer {
      on(event: string, listener: ReportListener & LogListener) {
        if (event === 'delivery-report') library.report = listener
        if (event === 'event.log') library.log = listener
        return this
      }
      connect(_: unknown, done: (error: unknown) => void) {
        done(null)
      }
      setPollInBackground() {}
      produce(
        _topic: string,
        _partition: number,
        bytes: Buffer,
        _key: unknown,
        _at: unknown,
        opaque: number,
      ) {
        const value = String(bytes)
        library.produced.push({ value, opaque })
        library.onProduce(value, opaque)
      }
      disconnect(flushTimeoutMs: number, done: () => void) {
        library.flushTimeoutsMs.push(flushTimeoutMs)
        done()
      }
    }
    const admin = {
      describeTopics: (
        _topics: unknown,
        _options: unknown,
        done: (error: unknown, answer: unknown) => void,
      ) => done(null, [{ partitions: [{ partition: 0, leader: { id: 1 }, replicas: [], isr: [] }] }]),
    }
    const module = { Producer, AdminClient: { createFrom: () => admin } } as unknown as ConfluentModule
    return createConfluentProducer(module, kafkaConnection({ brokers: '127.0.0.1:1' }), {
      acks: 'all',
      idempotent: true,
      compression: 'none',
      deliveryTimeoutMs,
      maxRequestBytes: 1_000_000,
    })
  }
}

const recordsOf = (...values: string[]) => values.map((value) => ({ value: Buffer.from(value) }))
const send = (producer: DriverProducer, ...values: string[]) =>
  producer.send({ topic: 't', partition: 0, records: recordsOf(...values) })

test('when the library throws amid a batch, the records it took before keep their own reports', async () => {
  const library = new FakeLibrary()
  library.onProduce = (value, opaque) => {
    if (value === 'c') throw new TypeError('not this one')
    setImmediate(() => library.report(null, { opaque, offset: opaque }))
  }
  const producer = await library.producer()
  const report = await send(producer, 'a', 'b', 'c', 'd')
  expect(report.delivered).toEqual([{ firstIndex: 0, count: 2, baseOffset: 0n }])
  expect(report.failed).toMatchObject([{ firstIndex: 2, count: 2, error: { message: /not this one/ } }])
})

test.each([10, 18])(
  'a record refused with %s beside others is refused only after an attempt alone',
  async (code) => {
    const library = new FakeLibrary()
    const waiting: { value: string; opaque: number }[] = []
    const requests: string[][] = []
    library.onProduce = (value, opaque) => {
      if (waiting.length === 0) setImmediate(flush)
      waiting.push({ value, opaque })
    }
    // As librdkafka does: what was handed over meanwhile is one request, and too much of it is refused as a whole.
    function flush() {
      const request = waiting.splice(0)
      requests.push(request.map(({ value }) => value))
      const tooLarge = request.reduce((sum, { value }) => sum + value.length, 0) > 10
      for (const { opaque } of request) library.report(tooLarge ? { code } : null, { opaque, offset: 5 })
    }
    const producer = await library.producer()
    const reports = await Promise.all([
      send(producer, 'first56'),
      send(producer, 'second7'),
      send(producer, 'much too large'),
    ])
    expect(reports.map(({ delivered }) => delivered.length)).toEqual([1, 1, 0])
    expect(reports[2]?.failed[0]?.error.code).toBe('RECORD_TOO_LARGE')
    expect(requests).toEqual([
      ['first56', 'second7', 'much too large'],
      ['first56'],
      ['second7'],
      ['much too large'],
    ])
  },
)

test('close that abandons ends the sends at once and does not let the library flush', async () => {
  const library = new FakeLibrary()
  const producer = await library.producer(900_000)
  const sending = send(producer, 'a')
  await expect.poll(() => library.produced.length).toBe(1)
  const closing = producer.close()
  await producer.close({ abandon: true })
  await closing
  expect((await sending).failed).toMatchObject([
    { count: 1, error: { code: 'DELIVERY_TIMEOUT', details: { mayBeWritten: true } } },
  ])
  expect(library.flushTimeoutsMs).toEqual([0])
})

describe('an error that is fatal to the library', () => {
  const forbidden = (library: FakeLibrary) =>
    library.log({
      severity: 0,
      fac: 'FATAL',
      message: '[thrd:main]: Fatal error: Broker: Cluster authorization failed: no PID from sasl_ssl://b:1',
    })
  const broken = (library: FakeLibrary) =>
    library.log({ severity: 3, fac: 'FAIL', message: '[thrd:b]: Disconnected (after 5 ms)' })
  const refuse = () => {
    throw Object.assign(new Error('Local: Fatal error'), { code: -150 })
  }
  const failedFor = {
    code: 'AUTHORIZATION_FAILED',
    message: expect.stringContaining('Cluster authorization'),
  }

  test('has its cause when the library refuses a record before it tells why', async () => {
    const library = new FakeLibrary()
    library.onProduce = () => {
      setImmediate(forbidden, library)
      refuse()
    }
    const { failed } = await send(await library.producer(), 'a', 'b')
    expect(failed).toMatchObject([{ firstIndex: 0, count: 2, error: failedFor }])
  })

  test('has its cause when a connection broke since', async () => {
    const library = new FakeLibrary()
    const producer = await library.producer()
    forbidden(library)
    broken(library)
    library.onProduce = refuse
    const { failed } = await send(producer, 'a')
    expect(failed).toMatchObject([{ count: 1, error: failedFor }])
  })

  test.each(['before', 'after'])(
    'has its cause when it comes %s the reports of an emptied queue',
    async (when) => {
      const library = new FakeLibrary()
      const purged = Object.assign(new Error('Local: Purged in queue'), { code: -152 })
      library.onProduce = (_, opaque) => {
        const report = () => library.report(purged, { opaque, offset: -1 })
        const events = [() => forbidden(library), report]
        for (const event of when === 'before' ? events : events.reverse()) setImmediate(event)
      }
      const { failed } = await send(await library.producer(), 'a')
      expect(failed).toMatchObject([{ count: 1, error: failedFor }])
      expect(failed[0]?.error.details.mayBeWritten).toBeUndefined()
    },
  )

  test('has its cause, and leaves a doubt, when a record was left over until its time was up', async () => {
    const library = new FakeLibrary()
    library.onProduce = (_, opaque) => {
      setImmediate(forbidden, library)
      setImmediate(() => library.report({ code: -192 }, { opaque, offset: -1 }))
    }
    const { failed } = await send(await library.producer(), 'a')
    expect(failed).toMatchObject([{ count: 1, error: { ...failedFor, details: { mayBeWritten: true } } }])
  })

  test('says what it is when it is no matter of permission', async () => {
    const library = new FakeLibrary()
    const producer = await library.producer()
    library.log({ severity: 0, fac: 'FATAL', message: '[thrd:main]: Fatal error: a gap in the sequence' })
    library.onProduce = refuse
    const { failed } = await send(producer, 'a')
    expect(failed).toMatchObject([
      { error: { code: 'DELIVERY_FAILED', message: 'Producing: Fatal error: a gap in the sequence' } },
    ])
  })
})
