import { createHash } from 'node:crypto'
import { type JobIdentity, labelOf } from './identity.js'

/** The tags of a run, by which it is listed, paid for and permitted. */
export function tagsOf(identity: JobIdentity): Record<string, string> {
  return { 'tidewater:job': identity.job, [labelTag]: labelOf(identity) }
}

export const labelTag = 'tidewater:run'

/**
 * The beginning of the names of a job's runs on EMR on EKS, where a name has at most 64 characters and no colon; a long name of a job is
 * cut, and told apart by a hash.
 */
export function shortNamePrefix(job: string): string {
  const limit = 28
  if (job.length <= limit) return `tidewater/${job}/`
  const hash = createHash('sha256').update(job).digest('hex').slice(0, 8)
  return `tidewater/${job.slice(0, limit - hash.length - 1)}#${hash}/`
}

export function shortNameOf({ job, kind, hash }: JobIdentity): string {
  return `${shortNamePrefix(job)}${kind}/${hash}`
}
