import { readFileSync } from 'node:fs'
import { avroCodec, type RecordOf, TidewaterError } from '@tidewater/core'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type NetflowRecord, netflowGenerator, netflowSchema } from '../src/sample/index.js'

const options = { seed: 7, writerId: 'default_kafka/1', startTimeMs: Date.UTC(2026, 0, 31, 23, 59, 59, 500) }
const take = (count: number, changes: Partial<typeof options & { intervalMicros: number }> = {}) => {
  const generator = netflowGenerator({ ...options, ...changes })
  return Array.from({ length: count }, () => generator.next())
}

test("the schema is the run book's", () => {
  const file = readFileSync(new URL('fixtures/netflow.avsc', import.meta.url), 'utf8')
  expect(netflowSchema.definition).toEqual(JSON.parse(file))
  expect(netflowSchema.definition.fields).toHaveLength(17)
})

test("the records' type is the schema's", () => {
  expectTypeOf<NetflowRecord>().toEqualTypeOf<RecordOf<typeof netflowSchema>>()
})

describe('netflowGenerator', () => {
  test('the same seed gives the same records, another seed others', () => {
    expect(take(1_000)).toEqual(take(1_000))
    expect(take(10, { seed: 8 })).not.toEqual(take(10))
  })

  test('writer_id and export_proto_seqno name a record', () => {
    const generator = netflowGenerator({ ...options, firstSequenceNumber: 100 })
    const records = Array.from({ length: 500 }, () => generator.next())
    expect(records.map((record) => record.export_proto_seqno)).toEqual(records.map((_, index) => 100 + index))
    expect(new Set(records.map((record) => record.writer_id))).toEqual(new Set(['default_kafka/1']))
    expect(generator.nextSequenceNumber).toBe(600)
  })

  test('records take about 156 bytes and read back as they were', () => {
    const codec = avroCodec(netflowSchema)
    const records = take(5_000)
    const encoded = records.map((record) => codec.encode(record))
    const averageBytes = encoded.reduce((sum, bytes) => sum + bytes.length, 0) / encoded.length
    expect(averageBytes).toBeGreaterThan(150)
    expect(averageBytes).toBeLessThan(162)
    expect(encoded.map((bytes) => codec.decode(bytes))).toEqual(records)
  })

  test('values lie where those of real flows do', () => {
    for (const record of take(2_000)) {
      for (const address of [record.peer_ip_src, record.ip_src, record.ip_dst]) {
        expect(address).toMatch(/^(\d{1,3}\.){3}\d{1,3}$/)
        expect(address.split('.').every((octet) => Number(octet) <= 255)).toBe(true)
      }
      for (const port of [record.port_src, record.port_dst]) {
        expect(port).toBeGreaterThan(0)
        expect(port).toBeLessThan(65_536)
      }
      expect(['tcp', 'udp']).toContain(record.ip_proto)
      expect(record.tcp_flags > 0).toBe(record.ip_proto === 'tcp')
      expect(record.packets).toBeGreaterThan(0)
      expect(record.bytes).toBeGreaterThanOrEqual(64 * record.packets)
      expect(record.timestamp_start <= record.timestamp_end).toBe(true)
      expect(record.timestamp_end <= record.timestamp_arrival).toBe(true)
    }
  })

  test('arrivals advance by the interval, across a second, a day and a month', () => {
    const arrivals = take(4, { intervalMicros: 250_001 }).map((record) => record.timestamp_arrival)
    expect(arrivals).toEqual([
      '2026-01-31 23:59:59.500000',
      '2026-01-31 23:59:59.750001',
      '2026-02-01 00:00:00.000002',
      '2026-02-01 00:00:00.250003',
    ])
  })

  test.each([
    ['seed', -1],
    ['startTimeMs', 1.5],
    ['intervalMicros', -1],
  ])('refuses %s %d', (name, value) => {
    let thrown: unknown
    try {
      netflowGenerator({ ...options, [name]: value })
    } catch (error) {
      thrown = error
    }
    expect(TidewaterError.isInstance(thrown) && thrown.code).toBe('CONFIG_INVALID')
    expect(String(thrown)).toContain(`got ${value}`)
  })
})
