import { TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import { knownReleaseLabels, releaseOf } from '../src/index.js'
import { compareVersions } from '../src/releases.js'

describe('releaseOf', () => {
  it('says what a release consists of, and what the job needs besides', () => {
    expect(releaseOf('emr-7.13.0')).toMatchObject({
      label: 'emr-7.13.0',
      sparkVersion: '3.5.6',
      icebergVersion: '1.10.0',
      scalaVersion: '2.12',
      javaVersion: 17,
      pythonVersions: ['3.9', '3.11'],
      connectors: [
        'org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.6',
        'org.apache.spark:spark-avro_2.12:3.5.6',
        'software.amazon.msk:aws-msk-iam-auth:2.3.6',
      ],
      icebergJar: '/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar',
    })
    expect(releaseOf('emr-spark-8.1.0').connectors[0]).toBe(
      'org.apache.spark:spark-sql-kafka-0-10_2.13:4.1.1',
    )
  })

  it.each(knownReleaseLabels)('knows %s, and has nothing to say about it', (label) => {
    const { label: found, finding } = releaseOf(label)
    expect({ found, finding }).toEqual({ found: label, finding: undefined })
  })

  it.each(['emr-7.13.0-latest', 'emr-7.13.0-20260421'])("takes EKS's %s for the release", (label) => {
    expect(releaseOf(label)).toEqual(releaseOf('emr-7.13.0'))
  })

  it.each([
    ['emr-7.99.0', 'emr-7.14.0'],
    ['emr-9.0.0', 'emr-7.14.0'],
    ['emr-7.3.1', 'emr-7.3.0'],
    ['emr-spark-8.9.1', 'emr-spark-8.2.0'],
    ['emr-spark-9.0.0', 'emr-spark-8.2.0'],
  ])('takes the unknown %s for %s, with a warning', (label, taken) => {
    const release = releaseOf(label)
    expect(release.label).toBe(taken)
    expect(release.gates).toEqual(releaseOf(taken).gates)
    expect(release.finding).toMatchObject({ id: 'emr.release-unknown', severity: 'warning', subject: label })
    expect(release.finding?.evidence).toContain(`taken for ${taken}`)
  })

  it.each([
    ['7.13.0', 'is not of the form'],
    ['emr-7.13', 'is not of the form'],
    ['emr-7.13.0; rm', 'is not of the form'],
    ['emr-6.14.0', 'is older than the oldest known one, emr-6.15.0'],
    ['emr-5.36.0', 'is older than the oldest known one'],
    ['emr-spark-7.0.0', 'is older than the oldest known one, emr-spark-8.0.0'],
    ['', 'is not of the form'],
  ])('refuses %j', (label, problem) => {
    const error = thrownBy(() => releaseOf(label))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(problem)
    expect(error.remedy).toContain('emr-7.14.0')
  })

  it.each([
    ['emr-6.15.0', { executorFailuresInterval: false, deleteGranularity: false, adaptiveStreaming: false }],
    ['emr-7.1.0', { executorFailuresInterval: true, deleteGranularity: false, maxFailedCommits: false }],
    ['emr-7.0.0', { serverlessStreaming: false }],
    ['emr-7.2.0', { deleteGranularity: true, maxFailedCommits: false, serverlessStreaming: true }],
    ['emr-7.8.0', { serverlessGracePeriod: false }],
    ['emr-7.4.0', { maxFailedCommits: true, removeDanglingDeletes: false }],
    ['emr-7.11.0', { deleteRatioThreshold: true, columnStatistics: false }],
    ['emr-7.12.0', { columnStatistics: true, cleanExpiredMetadata: true, maxRecordsPerPartition: false }],
    ['emr-spark-8.0.0', { maxRecordsPerPartition: true, adaptiveStreaming: false }],
    ['emr-spark-8.1.0', { adaptiveStreaming: true, serverlessGracePeriod: true }],
  ])('gates options of %s by its versions', (label, gates) => {
    expect(releaseOf(label).gates).toMatchObject(gates)
  })
})

it('compares versions by number, not by text', () => {
  const sorted = ['1.10.0', '1.4.0', '1.9.1', '1.10.1'].sort(compareVersions)
  expect(sorted).toEqual(['1.4.0', '1.9.1', '1.10.0', '1.10.1'])
  expect(compareVersions('1.10', '1.10.0')).toBe(0)
})

function thrownBy(act: () => unknown): TidewaterError {
  try {
    act()
  } catch (thrown) {
    if (TidewaterError.isInstance(thrown)) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}
