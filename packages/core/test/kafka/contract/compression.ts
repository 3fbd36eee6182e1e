import { describe, expect, test } from 'vitest'
import type { KafkaDriver } from '../../../src/kafka/port.js'
import { Bench, bootstrapBrokers, rejection, textRecords, textsOf } from './fixture.js'

/**
 * What one driver writes the other reads, for every compression both claim.
 *
 * @param brokers asked in each test: those of the environment unless the caller starts its own
 */
export function compressionContract(
  writer: KafkaDriver,
  reader: KafkaDriver,
  brokers = bootstrapBrokers,
): void {
  describe(`${writer.name} writes, ${reader.name} reads`, () => {
    test.each(writer.compressions)('%s', async (compression) => {
      const topic = await new Bench(writer, brokers()).topic()
      const producer = await new Bench(writer, brokers()).producer({ compression })
      const records = textRecords(2_000, 'a text that repeats itself, a text that repeats itself')
      const report = await producer.send({ topic, partition: 0, records })
      expect(report.delivered).toEqual([{ firstIndex: 0, count: 2_000, baseOffset: 0n }])
      if (!reader.compressions.includes(compression)) {
        const error = await rejection(new Bench(reader, brokers()).readAll(topic))
        expect(error.code).toBe('DRIVER_UNSUPPORTED_OPTION')
        expect(error.message).toContain(`"${compression}"`)
        return
      }
      const read = (await new Bench(reader, brokers()).readAll(topic)).get(0)
      expect(textsOf(read)).toEqual(records.map(({ value }) => value?.toString()))
    })
  })
}
