import type { JarBundle } from '../progress.js'

export interface JarBundlePlan {
  /** For messages. */
  readonly title: string
  /** Maven module of this package, a folder in `java`. */
  readonly module: string
  /** Files and folders of the module that its jars are made of. All of them are published (`files` of package.json). */
  readonly inputs: readonly string[]
  /** `fetch`: the dependencies its POM names. `build`: its own jar, compiled from its sources. */
  readonly made: 'fetch' | 'build'
}

/** What this package can put on a class path. */
export const jarBundles: Readonly<Record<JarBundle, JarBundlePlan>> = {
  kafka: { title: "Kafka's jars", module: 'kafka-broker', inputs: ['pom.xml'], made: 'fetch' },
  'kafka-4.1': { title: "Kafka 4.1's jars", module: 'kafka-broker-4.1', inputs: ['pom.xml'], made: 'fetch' },
  spark: { title: "Spark's connector jars", module: 'spark-jars', inputs: ['pom.xml'], made: 'fetch' },
  'spark-aws': {
    title: "Spark's jars for S3 and Glue",
    module: 'spark-aws-jars',
    inputs: ['pom.xml'],
    made: 'fetch',
  },
  'msk-iam-broker': {
    title: "The broker's IAM plugin",
    module: 'msk-iam-broker',
    inputs: ['pom.xml', 'src/main'],
    made: 'build',
  },
}

/** What Maven is told to do with a bundle's POM, its jars going to `folder` or, when they are built, to `target`. */
export function mavenArguments(made: JarBundlePlan['made'], pomFile: string, folder: string): string[] {
  const common = ['--batch-mode', '--file', pomFile, '-Dstyle.color=never']
  return made === 'fetch'
    ? [...common, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]
    : [...common, '-DskipTests', 'package']
}

/** Whether Maven's errors say that something could not be had, rather than that it could not be compiled. */
export function isDownloadFailure(mavenErrors: string): boolean {
  return /Could not (resolve|transfer|find)|could not be resolved|Failed to (collect|read artifact)/i.test(
    mavenErrors,
  )
}
