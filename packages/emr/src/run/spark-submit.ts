import { TidewaterError } from '@tidewater/core'
import type { Submission } from './port.js'

/** `--conf` of every setting, in the order of their keys. */
export function confArguments(conf: Readonly<Record<string, string>>): string[] {
  return Object.entries(conf)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([key, value]) => ['--conf', `${key}=${value}`])
}

/** What `spark-submit` is called with. */
export function sparkSubmitArguments(
  { sparkConf, archive, program, arguments: own }: Submission,
  deployMode: 'client' | 'cluster',
): string[] {
  const options = ['--deploy-mode', deployMode, ...confArguments(sparkConf), '--py-files', archive]
  return ['spark-submit', ...options, program, ...own]
}

/** The options as the one string that EMR Serverless and EMR on EKS take, and split again as a shell would. */
export function sparkSubmitParameters({ sparkConf, archive }: Submission): string {
  return [...confArguments(sparkConf), '--py-files', archive].map(quoted).join(' ')
}

/** As both a POSIX shell and Python's shlex read it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`
}

/** The document in a run's arguments, which is how a run is recognised as one of ours. */
export function documentLocationIn(args: readonly string[]): string | undefined {
  const flag = args.findLastIndex((argument) => argument === '--job' || argument === '--plan')
  return flag === -1 ? undefined : args[flag + 1]
}

/** @throws TidewaterError `JOB_INVALID` */
export function requireLength(what: string, characters: number, limit: number): void {
  if (characters <= limit) return
  throw new TidewaterError('JOB_INVALID', `${what} has ${characters} characters, the limit is ${limit}`, {
    remedy: "Put settings into the cluster's spark-defaults, or leave some out.",
    details: { characters, limit },
  })
}
