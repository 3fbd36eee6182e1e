import { type DriverName, type KafkaDriver, messageOf, TidewaterError } from '@tidewater/core'

interface DriverEntry {
  /** The npm package an application installs beside Tidewater. */
  readonly peer: string
  load(): Promise<KafkaDriver>
  /** Most batches of one partition at a time with which the library keeps them in order and unduplicated. */
  readonly maxInFlightBatchesPerPartition: number
  /** Default of `batchRecords`: larger ones cost memory and gain no speed. */
  readonly batchRecords: number
}

/** The drivers there are and what the producer has to know of each. */
export const driverTable: Readonly<Record<DriverName, DriverEntry>> = {
  kafkajs: {
    peer: 'kafkajs',
    load: async () => (await import('@tidewater/core/kafkajs')).kafkajsDriver,
    // Its sequence numbers go back when a request fails, and a second request may then take the first one's: the broker
    // would drop that as a duplicate.
    maxInFlightBatchesPerPartition: 1,
    // It builds some kilobytes of objects and buffers per record: what lives until a long batch is through survives the
    // collector's young generation and doubles the process's memory.
    batchRecords: 1_000,
  },
  confluent: {
    peer: '@confluentinc/kafka-javascript',
    load: async () => (await import('@tidewater/core/confluent')).confluentDriver,
    // librdkafka's max.in.flight.requests.per.connection under idempotence.
    maxInFlightBatchesPerPartition: 5,
    batchRecords: 2_000,
  },
}

export const driverNames = Object.keys(driverTable) as [DriverName, ...DriverName[]]

/** @throws TidewaterError `DRIVER_NOT_INSTALLED` naming the package to install. */
export async function loadDriver(name: DriverName): Promise<KafkaDriver> {
  const { load, peer } = driverTable[name]
  try {
    return await load()
  } catch (thrown) {
    if (TidewaterError.isInstance(thrown)) throw thrown
    throw new TidewaterError(
      'DRIVER_NOT_INSTALLED',
      `The ${name} driver can't be loaded: ${messageOf(thrown)}`,
      {
        remedy: `Install its library: npm install ${peer}`,
        details: { driver: name, package: peer },
        cause: thrown,
      },
    )
  }
}
