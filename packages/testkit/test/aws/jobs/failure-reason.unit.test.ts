import { expect, it } from 'vitest'
import { failureReason } from '../../../src/aws/jobs/failure-reason.js'

it.each([
  ['', undefined],
  ['all is well\nno Error here, only text', undefined],
  [
    'Traceback (most recent call last):\n  File "x.py"\nValueError: told to fail\n',
    'ValueError: told to fail',
  ],
  [
    'Exception in thread "main" org.apache.spark.SparkException: Job aborted\n\tat x.y\nCaused by: java.io.IOException: no space\n\tat z',
    'Caused by: java.io.IOException: no space',
  ],
  [
    'pyspark.errors.exceptions.captured.AnalysisException: [TABLE] no table',
    'pyspark.errors.exceptions.captured.AnalysisException: [TABLE] no table',
  ],
])('finds the reason in %j', (log, reason) => {
  expect(failureReason(log)).toBe(reason)
})
