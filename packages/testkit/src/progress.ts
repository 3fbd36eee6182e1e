/** Steps of a set-up or start, in the order in which a first run goes through them. */
export type ProgressStep =
  | JarBundle
  | 'python'
  | 'spark-classes'
  | 'certificates'
  | 'kafka-classes'
  | 'broker'
  | 'aws'

/** The jars that are fetched or built, each bundle as one. */
export type JarBundle = 'kafka' | 'kafka-4.1' | 'spark' | 'spark-aws' | 'spark-decoder' | 'msk-iam-broker'

/**
 * Called with each sign of life of a slow step.
 *
 * @param message for people: "Kafka's jars: 31 downloaded, 42.1 MB"
 */
export type OnProgress = (message: string, progress: Progress) => void

export interface Progress {
  readonly step: ProgressStep
  readonly state: 'started' | 'running' | 'done'
}
