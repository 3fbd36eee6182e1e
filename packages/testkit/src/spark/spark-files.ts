import { delimiter, join } from 'node:path'
import { renderJavaProperties } from '../java-properties.js'
import { jvmOptionsIn, quotedWord, sharedClassesOptions } from '../jvm-options.js'
import { loopbackHost } from '../local/loopback.js'
import type { SparkClasses } from '../toolchain/spark-classes.js'

export interface SparkPlan {
  readonly stateFolder: string
  /** Name of this run's folder within `<stateFolder>/spark`. */
  readonly runName: string
  readonly jarsFolders: readonly string[]
  readonly classes: SparkClasses
  readonly cores: number
  readonly driverMemoryMb: number
  readonly sparkConf: Readonly<Record<string, string>>
}

/** Folders and files of one run. */
export function sparkPaths(plan: Pick<SparkPlan, 'stateFolder' | 'runName'>) {
  const runFolder = join(plan.stateFolder, 'spark', plan.runName)
  return {
    runFolder,
    defaultsFile: join(runFolder, 'spark-defaults.conf'),
    log4jFile: join(runFolder, 'log4j2.properties'),
    scratchFolder: join(runFolder, 'scratch'),
    logFile: join(runFolder, 'spark.log'),
  }
}

/** Settings of a run as a properties file, which spark-submit reads before it starts the JVM. */
export function renderSparkDefaults(plan: SparkPlan): string {
  return renderJavaProperties(sparkDefaults(plan))
}

/** Settings of Spark on this machine; those of the plan win. */
export function sparkDefaults(
  plan: Pick<SparkPlan, 'stateFolder' | 'cores' | 'driverMemoryMb' | 'sparkConf'>,
): Record<string, string> {
  return {
    'spark.master': `local[${plan.cores}]`,
    'spark.driver.memory': `${plan.driverMemoryMb}m`,
    'spark.driver.host': loopbackHost,
    'spark.driver.bindAddress': loopbackHost,
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.sql.warehouse.dir': join(plan.stateFolder, 'warehouse'),
    'spark.sql.session.timeZone': 'UTC',
    // The default of 200 is for clusters: here it made an audit of 30,000 rows take 3 s longer and maintenance 6 s.
    'spark.sql.shuffle.partitions': String(2 * plan.cores),
    ...plan.sparkConf,
  }
}

/** Spark's log: warnings and errors, to standard error; standard output belongs to the events. */
export function renderLog4j2Properties(): string {
  return renderJavaProperties({
    'rootLogger.level': 'warn',
    'rootLogger.appenderRef.stderr.ref': 'stderr',
    'appender.stderr.type': 'Console',
    'appender.stderr.name': 'stderr',
    'appender.stderr.target': 'SYSTEM_ERR',
    'appender.stderr.layout.type': 'PatternLayout',
    'appender.stderr.layout.pattern': '%d{yyyy-MM-dd HH:mm:ss.SSS} %p %c{1}: %m%n%ex',
    // It warns at each start that Hadoop's native code is absent, as it is in PySpark.
    'logger.native.name': 'org.apache.hadoop.util.NativeCodeLoader',
    'logger.native.level': 'error',
  })
}

/** What a user's own Spark or Python set-up would change about the run. */
const foreignVariables =
  /^(SPARK_|PYSPARK_|PYTHON|HADOOP_CONF_DIR$|HADOOP_HOME$|HADOOP_CLASSPATH$|YARN_CONF_DIR$|VIRTUAL_ENV$)/

/** Of jars in folders. In local mode the driver's is the executor's as well; spark.jars would copy each jar to scratch first. */
function classPathOf(jarsFolders: readonly string[]): string {
  return jarsFolders.map((folder) => join(folder, '*')).join(delimiter)
}

/** Environment of the module: the caller's, without other Spark and Python set-ups. */
export function sparkEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  plan: SparkPlan,
  python: { readonly command: string; readonly path: readonly string[] },
): Record<string, string | undefined> {
  const paths = sparkPaths(plan)
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !foreignVariables.test(name))),
    PYTHONPATH: python.path.join(':'),
    PYTHONUNBUFFERED: '1',
    // The modules' folder may be a read-only installation or a clean repository.
    PYTHONDONTWRITEBYTECODE: '1',
    PYSPARK_PYTHON: python.command,
    PYSPARK_DRIVER_PYTHON: python.command,
    ...jvmVariables(plan, env, [`-Dlog4j2.configurationFile=${paths.log4jFile}`]),
    // spark.local.dir would say the same with a warning at each start.
    SPARK_LOCAL_DIRS: paths.scratchFolder,
    TMPDIR: paths.scratchFolder,
  }
}

/** What Spark's JVM on this machine starts with, as variables of Spark's launcher. */
export function jvmVariables(
  { classes, jarsFolders }: Pick<SparkPlan, 'classes' | 'jarsFolders'>,
  env: Readonly<Record<string, string | undefined>>,
  options: readonly string[] = [],
): Record<string, string> {
  return {
    // A run's own configuration comes another way: this folder is on the class path, and the archive of classes is bound to that.
    SPARK_CONF_DIR: classes.confFolder,
    // Behind Spark's own jars, as the archive has it; unlike spark.driver.extraClassPath it adds to what the caller sets.
    SPARK_DIST_CLASSPATH: classPathOf(jarsFolders),
    SPARK_SUBMIT_OPTS: [
      ...options,
      ...(jvmOptionsIn(env) ?? []),
      ...sharedClassesOptions(classes.archiveFile),
    ]
      .map(quotedWord)
      .join(' '),
    SPARK_LOCAL_IP: loopbackHost,
  }
}
