import { type DriverName, messageOf, type ProducerDriver, TidewaterError } from '@tidewater/core'

interface DriverSource {
  /** The npm package that has to be there; but for the native driver's an application installs it beside Tidewater. */
  readonly peer: string
  load(): Promise<ProducerDriver>
}

const sources: Readonly<Record<DriverName, DriverSource>> = {
  native: {
    peer: '@tidewater/producer',
    load: async () => (await import('./native/index.js')).nativeDriver,
  },
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
export async function loadDriver(name: DriverName): Promise<ProducerDriver> {
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
