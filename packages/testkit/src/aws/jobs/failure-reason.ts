/**
 * The line of a driver's log that tells why it failed: the last exception of Java or Python. undefined when there is none.
 * A service that shows it cuts it to what its field takes.
 */
export function failureReason(log: string): string | undefined {
  const lines = log.split('\n').map((line) => line.trim())
  const isCause = (line: string) =>
    /^(Caused by: |Exception in thread |Traceback)|^([\w$]+\.)*[\w$]*(Error|Exception|Exit)(: .*)?$/.test(
      line,
    ) && !line.startsWith('Traceback')
  return lines.filter(isCause).at(-1)
}
