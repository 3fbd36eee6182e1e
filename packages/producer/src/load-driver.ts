import { type DriverName, type KafkaDriver, messageOf, TidewaterError } from '@tidewater/core'

interface DriverSource {
  /** The npm package an application installs beside Tidewater. */
  readonly peer: string
  load(): Promise<KafkaDriver>
}

const sources: Readonly<Record<DriverName, DriverSource>> = {
  kafkajs: {
    peer: 'kafkajs',
    load: async () => (await import('@tidewater/core/kafkajs')).kafkajsDriver,
  },
  confluent: {
    peer: '@confluentinc/kafka-javascript',
    load: async () => (await import('@tidewater/core/confluent')).confluentDriver,
  },
}

/** @throws TidewaterError `DRIVER_NOT_INSTALLED` naming the package to install. */
export async function loadDriver(name: DriverName): Promise<KafkaDriver> {
  const { load, peer } = sources[name]
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
