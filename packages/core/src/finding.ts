/** How much a finding weighs, from least to most. */
export const severities = ['info', 'warning', 'error'] as const

export type Severity = (typeof severities)[number]

/** What a check found. Every check of the project returns these, so that one renderer and one exit code serve them all. */
export interface Finding {
  /** Stable name of the rule, such as `iam.unknown-action`; several findings of one check may share it. */
  readonly id: string
  /** `error`: it doesn't work as written. `warning`: it works but shouldn't stay so. `info`: worth knowing. */
  readonly severity: Severity
  /** What the finding is about, such as a statement, an action or a table. */
  readonly subject: string
  /** What was seen, with its values. */
  readonly evidence: string
  /** Why that matters. */
  readonly reason: string
  /** What to do about it, as one imperative sentence. */
  readonly fix: string
}

/** Whether `severity` is `threshold` or above it. */
export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(threshold)
}
