import type { JarBundle } from '../progress.js'

export interface JarBundlePlan {
  /** For messages. */
  readonly title: string
  /** Folder of a Maven module, within the package. */
  readonly module: string
  /** Whose sources it is made of. */
  readonly package: 'testkit' | 'spark'
  /** Files and folders of the module that its jars are made of. All of them are published (`files` of that package's package.json). */
  readonly inputs: readonly string[]
  /** `fetch`: the dependencies its POM names. `build`: its own jar, compiled from its sources. */
  readonly made: 'fetch' | 'build'
}

/** What can be put on a class path. */
export const jarBundles: Readonly<Record<JarBundle, JarBundlePlan>> = {
  kafka: fetched("Kafka's jars", 'kafka-broker'),
  'kafka-4.1': fetched("Kafka 4.1's jars", 'kafka-broker-4.1'),
  spark: fetched("Spark's connector jars", 'spark-jars'),
  'spark-aws': fetched("Spark's jars for S3 and Glue", 'spark-aws-jars'),
  'spark-decoder': {
    title: "The Spark job's Avro decoder",
    package: 'spark',
    module: 'jvm',
    inputs: ['pom.xml', 'src/main'],
    made: 'build',
  },
  'msk-iam-broker': {
    title: "The broker's IAM plugin",
    package: 'testkit',
    module: 'java/msk-iam-broker',
    inputs: ['pom.xml', 'src/main'],
    made: 'build',
  },
}

function fetched(title: string, folder: string): JarBundlePlan {
  return { title, package: 'testkit', module: `java/${folder}`, inputs: ['pom.xml'], made: 'fetch' }
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
