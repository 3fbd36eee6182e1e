import { createHash } from 'node:crypto'

export const jobKinds = ['streaming', 'backfill', 'maintenance'] as const

export type JobKind = (typeof jobKinds)[number]

/** What makes two submissions the same: the job's name, its kind, and a hash of all that it is to do and by which code. */
export interface JobIdentity {
  readonly job: string
  readonly kind: JobKind
  /** 12 hexadecimal digits. */
  readonly hash: string
}

/** What a run's identity is computed from. */
export interface JobContent {
  /** Complete with its defaults, but without what the submission adds. */
  readonly document: object
  readonly artifactHash: string
  readonly sparkConf: Readonly<Record<string, string>>
}

export function identityOf(job: string, kind: JobKind, content: JobContent): JobIdentity {
  return { job, kind, hash: sha256(stableJson(content)).slice(0, 12) }
}

/** The name of a run where names may hold anything: `tidewater:<job>:<kind>:<hash>`. */
export function labelOf({ job, kind, hash }: JobIdentity): string {
  return `tidewater:${job}:${kind}:${hash}`
}

/** Undefined for a name that is not one of ours. */
export function identityOfLabel(label: string): JobIdentity | undefined {
  const [, job, kind, hash] = /^tidewater:([^:]+):([a-z]+):([0-9a-f]{12})$/.exec(label) ?? []
  if (job === undefined || hash === undefined || !isKind(kind)) return undefined
  return { job, kind, hash }
}

export function sameIdentity(one: JobIdentity, other: JobIdentity): boolean {
  return labelOf(one) === labelOf(other)
}

/**
 * The name of one run. Two submitters that saw the same last run arrive at the same name; so a service that takes a token starts
 * one run for both, and another once that one has ended.
 *
 * @param after what sets this run apart from earlier ones of the same identity
 */
export function runIdOf({ hash }: JobIdentity, after: string): string {
  return `${hash}-${sha256(after).slice(0, 8)}`
}

/** JSON with the keys of every object in order, so that equal values are equal texts. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}

function isKind(text: string | undefined): text is JobKind {
  return jobKinds.some((kind) => kind === text)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
