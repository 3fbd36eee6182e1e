import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { resolveProducerOptions } from '../../src/options.js'
import { connectProducer } from '../../src/producer.js'
import type { RecordFraming } from '../../src/registry/framing.js'
import { readFraming } from '../../src/registry/read-framing.js'
import { confluentHeader, confluentPrefix, gluePrefix } from '../../src/registry/wire-format.js'
import { type Reading, reading, readingCodec, readingSchema } from '../producer-under-test.js'
import { ScriptedDriver } from '../scripted-driver.js'

const uuid = '00112233-4455-6677-8899-aabbccddeeff'
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('the wire formats, byte by byte', () => {
  it("are Confluent's and Glue's", () => {
    expect(hex(confluentPrefix(0x01020304))).toBe('0001020304')
    expect(hex(confluentHeader(uuid))).toBe('0100112233445566778899aabbccddeeff')
    expect(hex(gluePrefix(uuid.toUpperCase(), 'none'))).toBe('030000112233445566778899aabbccddeeff')
    expect(hex(gluePrefix(uuid, 'zlib'))).toBe('030500112233445566778899aabbccddeeff')
  })

  it("take no registry's word for a UUID", () => {
    expect(() => confluentHeader('42')).toThrow(/"42" is no UUID/)
  })

  it('are told by what they begin with; the rest is RECORD_INVALID and shows it', () => {
    expect(() => readFraming(Buffer.from('{"user":1}'))).toThrow(/begins with 7b2275736572223a317d/)
    expect(() => readFraming(Buffer.of())).toThrow(/begins with nothing/)
    const broken = Buffer.concat([gluePrefix(uuid, 'zlib'), deflateSync('tide').subarray(0, 6)])
    expect(() => readFraming(broken)).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }))
    const inHeader = { __value_schema_id: confluentPrefix(7) }
    expect(readFraming(Buffer.of(3), inHeader)).toMatchObject({ format: 'confluent-id', id: 7 })
  })
})

describe('a producer with a framing', () => {
  const schemaId = Buffer.from('0100112233445566778899aabbccddeeff', 'hex')
  const headers: RecordFraming = { headers: { __value_schema_id: schemaId } }

  async function producerWith(framing: RecordFraming, driver = new ScriptedDriver(1)) {
    const config = resolveProducerOptions<Reading>({
      brokers: '127.0.0.1:9092',
      topic: 'readings',
      schema: readingSchema,
      drainOnSigterm: false,
      maxRecordBytes: 100,
    })
    const clocks = { nowMs: () => performance.now(), wallClockMs: () => 1, random: () => 0 }
    return { driver, producer: await connectProducer(config, driver, { ...clocks, framing }) }
  }

  const sentBy = (driver: ScriptedDriver) => driver.sent.flatMap(({ records }) => [...records])

  it('frames each value, also one too large for a chunk, and counts the frame as part of the record', async () => {
    const { driver, producer } = await producerWith({ prefix: Buffer.of(1, 2, 3) })
    const avro = readingCodec.encode(reading(1, 'x'.repeat(94)))
    expect(avro).toHaveLength(97)
    producer.write(reading(1, 'x'.repeat(94)))
    expect(() => producer.write(reading(1, 'x'.repeat(95)))).toThrow(/101 bytes is over maxRecordBytes/)
    await producer.close()
    expect(driver.values(0)).toEqual([Buffer.concat([Buffer.of(1, 2, 3), avro])])
  })

  it("adds its headers to each record, beside the caller's own", async () => {
    const { driver, producer } = await producerWith(headers)
    producer.write(reading(1))
    producer.write(reading(2), { key: 'k' })
    producer.write(reading(3), { headers: { unit: 'cm' } })
    await producer.close()
    const sent = sentBy(driver)
    expect(sent.map(({ headers }) => headers)).toEqual([
      headers.headers,
      headers.headers,
      { unit: Buffer.from('cm'), ...headers.headers },
    ])
  })

  it("refuses a caller's header of the same name", async () => {
    const { driver, producer } = await producerWith(headers)
    expect(() => producer.write(reading(1), { headers: { __value_schema_id: 'mine' } })).toThrow(
      expect.objectContaining({ code: 'RECORD_INVALID', details: { header: '__value_schema_id' } }),
    )
    await producer.close()
    expect(driver.sent).toEqual([])
  })
})
