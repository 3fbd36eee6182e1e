import { parseObjectUri } from '../object-uri.js'
import { wireRecord, wireString, wireStrings } from '../wire-values.js'
import type { DriverLogs } from './running-job.js'
import { splitParameters } from './spark-submit.js'

/** spark-submit's arguments of a job driver of EMR Serverless or EMR on EKS. */
export function driverArguments(jobDriver: unknown): readonly string[] {
  const submit = wireRecord(jobDriver)
  return [
    ...splitParameters(wireString(submit.sparkSubmitParameters) ?? ''),
    String(submit.entryPoint),
    ...wireStrings(submit.entryPointArguments),
  ]
}

/** Where a driver's logs go: a folder below the S3 location of a monitoring configuration; undefined when it has none. */
export function driverLogs(monitoringConfiguration: unknown, folder: readonly string[]): DriverLogs {
  const { logUri } = wireRecord(wireRecord(monitoringConfiguration).s3MonitoringConfiguration)
  const uri = parseObjectUri(wireString(logUri) ?? '')
  if (uri === undefined) return undefined
  const path = [uri.prefix, ...folder].filter((part) => part !== '').join('/')
  return { bucket: uri.bucket, key: (log) => `${path}/${log}.gz` }
}
