import type { JarBundle } from '../progress.js'

/** The Kafka releases a stack can run. */
export const kafkaVersions = ['3.9', '4.1'] as const
export type KafkaVersion = (typeof kafkaVersions)[number]

interface KafkaRelease {
  readonly jars: JarBundle
  /** How it is told to log to its standard output. */
  readonly logging: {
    readonly file: string
    /** Java's system property that names the file. */
    readonly property: string
    readonly properties: Readonly<Record<string, string>>
  }
  /**
   * bootstrap.checkpoint of a new data folder, in base64; undefined: none is written. Without one the controller begins with
   * its newest metadata version and no other feature.
   */
  readonly bootstrapCheckpoint?: string
}

const pattern = '[%d] %p %m (%c)%n'

export const kafkaReleases: Readonly<Record<KafkaVersion, KafkaRelease>> = {
  '3.9': {
    jars: 'kafka',
    logging: {
      file: 'log4j.properties',
      property: 'log4j.configuration',
      properties: {
        'log4j.rootLogger': 'INFO, stdout',
        'log4j.appender.stdout': 'org.apache.log4j.ConsoleAppender',
        'log4j.appender.stdout.layout': 'org.apache.log4j.PatternLayout',
        'log4j.appender.stdout.layout.ConversionPattern': pattern,
      },
    },
  },
  // Log4j 2 (KIP-653).
  '4.1': {
    jars: 'kafka-4.1',
    logging: {
      file: 'log4j2.properties',
      property: 'log4j2.configurationFile',
      properties: {
        'rootLogger.level': 'INFO',
        'rootLogger.appenderRef.stdout.ref': 'stdout',
        'appender.stdout.type': 'Console',
        'appender.stdout.name': 'stdout',
        'appender.stdout.layout.type': 'PatternLayout',
        'appender.stdout.layout.pattern': pattern,
      },
    },
    // What Kafka 4.1's `kafka-storage format` writes for the features its release begins with; nothing in it is of one
    // cluster. transaction.version 2 (KIP-890), group.version 1 (KIP-848), eligible.leader.replicas.version 1 (KIP-966).
    bootstrapCheckpoint: [
      'AAAAAAAAAAAAAABHAAAAAALdmI7DACAAAAAAAAABohUUwpsAAAGiFRTCm///////////////////AAAAASoAAAAIAAAAAxYAAAAA',
      'AAAAAAAAAAAAAAAAAAAAAQAAALkAAAAAAs6oGJ8AAAAAAAMAAAGiFRTCrgAAAaIVFMKu//////////////////8AAAAEOgAAAAEu',
      'AQwAEW1ldGFkYXRhLnZlcnNpb24AGwAAWgAAAgFOAQwAIWVsaWdpYmxlLmxlYWRlci5yZXBsaWNhcy52ZXJzaW9uAAEAADQAAAQB',
      'KAEMAA5ncm91cC52ZXJzaW9uAAEAAEAAAAYBNAEMABR0cmFuc2FjdGlvbi52ZXJzaW9uAAIAAAAAAAAAAAAFAAAAPwAAAAAC0YsR',
      '4AAgAAAAAAAAAaIVFMKxAAABohUUwrH//////////////////wAAAAEaAAAACAAAAAQGAAAAAA==',
    ].join(''),
  },
}
