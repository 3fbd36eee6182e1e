import { avroCodec, avroSchema, type DriverProducer } from '@tidewater/core'
import { type AvroProducer, type Delivery, SendFailedError, type SendFailure } from '@tidewater/producer'
import { textOf } from '../../../core/test/kafka/contract/load.js'

export const noteSchema = avroSchema({
  type: 'record',
  name: 'note',
  fields: [{ name: 'text', type: 'string' }],
})
const codec = avroCodec(noteSchema)

export function textOfNote(value: Uint8Array | null): string {
  return codec.decode(Buffer.from(value as Uint8Array)).text
}

/** The producer of typed records as the load takes one: what `send` says of each record, as a driver reports it. */
export function avroSender(producer: AvroProducer<{ text: string }>): Pick<DriverProducer, 'send'> {
  return {
    async send({ topic, partition, records }) {
      const notes = records.map(({ value }) => ({ text: textOf(value) }))
      let deliveries: readonly (Delivery | undefined)[]
      let failures: readonly SendFailure[] = []
      try {
        deliveries = await producer.send(notes, { partition })
      } catch (thrown) {
        if (!(thrown instanceof SendFailedError)) throw thrown
        deliveries = thrown.deliveries
        failures = thrown.failures
      }
      return {
        topic,
        partition,
        delivered: [...deliveries].flatMap((delivery, firstIndex) =>
          delivery === undefined ? [] : [{ firstIndex, count: 1, baseOffset: delivery.offset }],
        ),
        failed: failures.map(({ index, error }) => ({ firstIndex: index, count: 1, error })),
      }
    },
  }
}
