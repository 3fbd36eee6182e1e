/** What the JVM has to say of archives goes to standard output, which belongs to what runs in it. */
const quietJvm = ['-Xlog:disable', '-Xlog:all=error:stderr']

/** For a JVM that ends, or is started by others of its kind, before the optimising compiler pays. */
export const shortLivedJvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/**
 * What $TIDEWATER_JVM_OPTIONS wants every JVM of a local stack, its brokers and its Spark, to start with: words between spaces. It
 * takes the place of `shortLivedJvm` where that would be used.
 */
export function jvmOptionsIn(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  return env.TIDEWATER_JVM_OPTIONS?.split(/\s+/).filter((word) => word !== '')
}

/** The JVM's options that write the archive at its end. */
export function archivingOptions(archiveFile: string): readonly string[] {
  return [`-XX:ArchiveClassesAtExit=${archiveFile}`, ...quietJvm]
}

/** The JVM's options that use the archive where it fits and say nothing where it doesn't. */
export function sharedClassesOptions(archiveFile: string | undefined): readonly string[] {
  return archiveFile === undefined
    ? []
    : [`-XX:SharedArchiveFile=${archiveFile}`, '-Xshare:auto', ...quietJvm]
}

/** As Spark's launcher and PySpark split their options into words. */
export function quotedWord(word: string): string {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `"${word.replaceAll(/[\\"]/g, '\\$&')}"`
}
