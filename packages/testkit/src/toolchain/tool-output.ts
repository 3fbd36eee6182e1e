const unitBytes: Readonly<Record<string, number>> = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9 }

/** The jar that a line of Maven's batch output says has been downloaded; undefined for another line. */
export function readDownloadedJar(
  line: string,
): { readonly file: string; readonly bytes: number } | undefined {
  const match = /Downloaded from \S+: \S*\/(\S+\.jar) \(([\d.]+) ([kKMG]?B)/.exec(line)
  if (match?.[1] === undefined) return undefined
  return { file: match[1], bytes: Number(match[2]) * (unitBytes[match[3] ?? 'B'] ?? 1) }
}

/** Maven's error lines without its colour codes and advice, or the last lines when it printed none. */
export function mavenErrors(lines: readonly string[], limit = 12): string {
  const advice =
    /^\[ERROR\]\s*$|Re-run Maven|For more information about the errors|\[Help \d+\] http|To see the full stack/
  const errors = lines.filter((line) => line.startsWith('[ERROR]') && !advice.test(line))
  return (errors.length > 0 ? errors.slice(0, limit) : lines.slice(-limit)).join('\n')
}

/** What pip is at, for people; undefined for a line that tells nothing new. */
export function readPipLine(line: string): string | undefined {
  const collecting = /^\s*Collecting (\S+)/.exec(line)?.[1]
  if (collecting !== undefined) return `resolving ${collecting}`
  const downloading = /^\s*Downloading (?:\S*\/)?([^\s/]+) (?:\(([^)]+)\))?/.exec(line)
  if (downloading !== null) {
    const size = downloading[2] === undefined || downloading[2] === '' ? '' : `, ${downloading[2]}`
    return `downloading ${downloading[1]}${size}`
  }
  const building = /^\s*Building wheels? for collected packages: (.+)/.exec(line)?.[1]
  if (building !== undefined) return `unpacking ${building}`
  const installing = /^\s*Installing collected packages: (.+)/.exec(line)?.[1]
  return installing === undefined ? undefined : `installing ${installing}`
}
