/** What a Spark on this machine starts from. */
export interface SparkClasses {
  /**
   * Spark's classes as its JVM has them in memory (class data sharing, JEP 350): a start takes half as long with it. Undefined
   * where the JVM could not write one.
   */
  readonly archiveFile: string | undefined
  /**
   * Empty, and for SPARK_CONF_DIR: it is on the class path, which an archive is bound to, so that a run's own configuration has to
   * come another way.
   */
  readonly confFolder: string
}

/** What the JVM has to say of archives goes to standard output, which belongs to a run's events. */
export const quietJvm = ['-Xlog:disable', '-Xlog:all=error:stderr']

/** The JVM's options that use the archive where it fits and say nothing where it doesn't. */
export function sharedClassesOptions({ archiveFile }: SparkClasses): readonly string[] {
  return archiveFile === undefined
    ? []
    : [`-XX:SharedArchiveFile=${archiveFile}`, '-Xshare:auto', ...quietJvm]
}

/** As Spark's launcher and PySpark split their options into words. */
export function quotedWord(word: string): string {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `"${word.replaceAll(/[\\"]/g, '\\$&')}"`
}
