import { describeValue, type Finding, TidewaterError } from '@tidewater/core'
import {
  icebergJarPath,
  knownReleases,
  mskIamAuthVersion,
  optionGates,
  type ReleaseFacts,
} from './releases-data.js'

/** An option that a release has or lacks. */
export type OptionGate = keyof typeof optionGates

/** An EMR release: what it consists of, and what a job on it may use. */
export interface Release extends ReleaseFacts {
  /** Maven coordinates of what the job needs and the release doesn't bring: Kafka source, Avro, MSK's IAM login. */
  readonly connectors: readonly string[]
  /** Iceberg's runtime, on the cluster's own disk. */
  readonly icebergJar: string
  readonly gates: Readonly<Record<OptionGate, boolean>>
  /** The label isn't known, and what is said here is of the known release `label`. */
  readonly finding?: Finding
}

/** Labels that {@link releaseOf} knows, within each line from old to new. */
export const knownReleaseLabels: readonly string[] = knownReleases.map(({ label }) => label)

/**
 * What stands behind a release label: `emr-7.13.0`, `emr-spark-8.1.0`, or EKS's `emr-7.13.0-latest`. A label that isn't known gets
 * the newest known release before it, and a finding that says so.
 *
 * @throws TidewaterError `CONFIG_INVALID` for what is no release label, and for releases older than `emr-6.15.0`
 */
export function releaseOf(label: string): Release {
  const asked = parseLabel(label)
  const line = knownReleases.filter((known) => parseLabel(known.label).line === asked.line)
  const found = line.findLast((known) => compareVersions(parseLabel(known.label).version, asked.version) <= 0)
  if (found === undefined) throw invalid(label, `is older than the oldest known one, ${line[0]?.label}`)
  const { sparkVersion, icebergVersion, scalaVersion } = found
  const isKnown = parseLabel(found.label).version === asked.version
  return {
    ...found,
    connectors: [
      `org.apache.spark:spark-sql-kafka-0-10_${scalaVersion}:${sparkVersion}`,
      `org.apache.spark:spark-avro_${scalaVersion}:${sparkVersion}`,
      `software.amazon.msk:aws-msk-iam-auth:${mskIamAuthVersion}`,
    ],
    icebergJar: icebergJarPath,
    gates: gatesOf({
      emr: parseLabel(found.label).version,
      spark: sparkVersion,
      iceberg: icebergVersion,
    }),
    ...(isKnown ? {} : { finding: unknownRelease(label, found) }),
  }
}

/** Negative, zero or positive, as `a` is before, the same as, or after `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (const place of [0, 1, 2]) {
    const difference = (left?.[place] ?? 0) - (right?.[place] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function gatesOf(
  versions: Readonly<Record<'emr' | 'spark' | 'iceberg', string>>,
): Record<OptionGate, boolean> {
  return Object.fromEntries(
    Object.entries(optionGates).map(([gate, [component, since]]) => [
      gate,
      compareVersions(versions[component], since) >= 0,
    ]),
  ) as Record<OptionGate, boolean>
}

function parseLabel(label: string): { line: string; version: string } {
  // EKS adds a date or `latest` to the label.
  const [, line, version] = /^(emr|emr-spark)-(\d+\.\d+\.\d+)(?:-latest|-\d{8})?$/.exec(label) ?? []
  if (line === undefined || version === undefined) throw invalid(label, 'is not of the form emr-7.13.0')
  return { line, version }
}

function invalid(label: unknown, problem: string): TidewaterError {
  return new TidewaterError('CONFIG_INVALID', `EMR release ${describeValue(label)} ${problem}`, {
    remedy: `Name one of ${knownReleaseLabels.join(', ')}, or a newer one.`,
    details: { release: label },
  })
}

function unknownRelease(
  label: string,
  { label: taken, sparkVersion, icebergVersion }: ReleaseFacts,
): Finding {
  return {
    id: 'emr.release-unknown',
    severity: 'warning',
    subject: label,
    evidence: `${label} is not in the tables; taken for ${taken}: Spark ${sparkVersion}, Iceberg ${icebergVersion}`,
    reason:
      'Connectors of another Spark version may not load, and options that only newer versions have are left out.',
    fix: `Compare its application versions with those of ${taken}, or use ${taken}.`,
  }
}
