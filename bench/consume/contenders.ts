/** One Spark job, in a JVM of its own. */
export interface Contender {
  /** Kebab-case; for `--only`. */
  readonly name: string
  readonly note: string
  /** A job that is shipped, or would be. */
  readonly isOurs: boolean
  /** Whether the decoder's jar is on the class path, and used. */
  readonly compiled: boolean
  /** What jobs/consumer.py is told. */
  readonly settings: Readonly<Record<string, unknown>>
}

const largePolls = { kafkaOptions: { 'kafka.max.poll.records': '20000' } }
const smallDictionaries = { properties: { 'write.parquet.dict-size-bytes': '16384' } }

/** What every other is divided by. */
export const peer = 'run-book'
/** Records for a CPU second, ours to the run book's. */
export const goal = { name: 'tidewater', ratioAtLeast: 1.6 }

export const contenders: readonly Contender[] = [
  runBook(peer, "the run book's job"),
  runBook('run-book-dictionary', '… with dictionaries of 16 KiB', smallDictionaries),
  runBook('run-book-poll', '… with 20,000 records per poll', largePolls),
  { ...runBook('run-book-decoder', '… with the compiled decoder'), compiled: true },
  {
    ...runBook('run-book-all', '… with all three', { ...smallDictionaries, ...largePolls }),
    compiled: true,
  },
  ours('tidewater', 'as shipped: dead letters counted on the way'),
  ours('tidewater-fail', 'onDecodeError fail: no dead letters', { decoding: { onDecodeError: 'fail' } }),
  { ...ours('tidewater-from-avro', 'without the compiled decoder'), compiled: false },
  ours('tidewater-metadata', "with Kafka's partition, offset and timestamp as columns", {
    kafkaMetadataColumns: true,
  }),
]

function runBook(name: string, note: string, settings: Contender['settings'] = {}): Contender {
  return { name, note, isOurs: false, compiled: false, settings: { consume: 'run-book', ...settings } }
}

function ours(name: string, note: string, settings: Contender['settings'] = {}): Contender {
  return { name, note, isOurs: true, compiled: true, settings: { consume: 'tidewater', ...settings } }
}
