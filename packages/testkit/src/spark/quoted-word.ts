/** As Spark's launcher and PySpark split their options into words. */
export function quotedWord(word: string): string {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `"${word.replaceAll(/[\\"]/g, '\\$&')}"`
}
