import { clientFile, platformaticVersion } from '../stage/peers.js'
import { type Contender, pacedRecordsPerSecond, pacedShare, type Turn } from './contender.js'

type Peer = Omit<Contender, 'isOurs' | 'name' | 'note' | 'share'>

const peer = (name: string, note: string, share: number, rest: Peer): Contender => ({
  name,
  note,
  share,
  isOurs: false,
  ...rest,
})

const python = (encode: 'none' | 'avro' | 'fastavro'): Peer => ({
  command: async ({ common, files, peers }) => ({
    program: await peers.python(),
    args: [clientFile('python_loop.py'), ...common, files.samples, files.schema, encode],
  }),
})

const librdkafka = (idempotent: 'true' | 'false', how: string): Peer => ({
  command: async ({ common, files, peers }) => ({
    program: await peers.librdkafka(),
    args: [...common, files.payloads, idempotent, how],
  }),
})

const node = (client: string, more: (turn: Turn) => Promise<readonly string[]> = async () => []): Peer => ({
  command: async (turn) => ({
    program: process.execPath,
    args: [clientFile(client), ...turn.common, turn.files.payloads, ...(await more(turn))],
  }),
})

const java: Peer = {
  command: async ({ common, files, peers }) => {
    const { program, classPath } = await peers.java()
    return { program, args: ['-cp', classPath, 'JavaProducer', ...common, files.payloads] }
  },
}

/** All with snappy and a linger of 5 ms where they have one, acks=1 unless they say otherwise. */
export const peerContenders: readonly Contender[] = [
  peer('librdkafka', 'C, produce_batch without copies', 1, librdkafka('false', 'batches')),
  peer('librdkafka-idempotent', 'the same, acks=all idempotent', 1, librdkafka('true', 'batches')),
  peer(
    'librdkafka-per-record',
    'C, a produce with a copy and a report a record',
    0.6,
    librdkafka('false', 'records'),
  ),
  peer('java', "Kafka's own client, a send a record", 0.4, java),
  peer('python-loop', "the run book's loop, encoded beforehand", 0.3, python('none')),
  peer('python-loop-avro', "the run book's loop, encoded as there with avro", 0.006, python('avro')),
  peer('python-fastavro', "the run book's loop, encoded with fastavro", 0.06, python('fastavro')),
  peer('kafkajs', 'sendBatch of 5,000', 0.06, node('kafkajs-producer.mjs')),
  peer('confluent-kafkajs-api', 'send of 5,000', 0.1, node('confluent-kafkajs-producer.mjs')),
  peer('confluent-rdkafka-api', 'a produce a record', 0.3, node('confluent-rdkafka-producer.mjs')),
  peer(
    'platformatic',
    'Producer.send of 5,000',
    0.2,
    node('platformatic-producer.mjs', async ({ peers }) => [await peers.platformatic(), platformaticVersion]),
  ),
  peer(
    'librdkafka-latency',
    `C, a produce without a copy and a report a record, acks=1, paced at ${pacedRecordsPerSecond}/s`,
    pacedShare,
    librdkafka('false', String(pacedRecordsPerSecond)),
  ),
]
