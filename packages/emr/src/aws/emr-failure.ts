import { awsErrorName, type ErrorCode, TidewaterError } from '@tidewater/core'

interface Meaning {
  readonly name: RegExp
  readonly message: RegExp
  readonly code: ErrorCode
  readonly retryable?: boolean
  readonly remedy: string
}

// What EMR's three services say by names that are too general, or that another service uses otherwise.
const meanings: readonly Meaning[] = [
  {
    name: /^InvalidRequestException$/,
    message: /cluster id .*is not valid/i,
    code: 'CLUSTER_NOT_FOUND',
    remedy: 'Correct the cluster id, the region or the account.',
  },
  {
    name: /^InvalidRequestException$/,
    message: /step id .*is not valid/i,
    code: 'JOB_NOT_FOUND',
    remedy: 'Correct the step id, or the cluster it is looked for on.',
  },
  {
    name: /^(Validation|InvalidRequest)Exception$/,
    message: /shutting down, terminated, or finished/i,
    code: 'CLUSTER_FAILED',
    remedy: 'Choose a cluster that runs, or start one.',
  },
  {
    name: /^ValidationException$/,
    message: /maximum number of active steps/i,
    code: 'JOB_CONFLICT',
    retryable: true,
    remedy: 'Wait until steps of the cluster have ended: it takes 256 that have not.',
  },
  {
    name: /^ResourceNotFoundException$/,
    message: /job ?run/i,
    code: 'JOB_NOT_FOUND',
    remedy: 'Correct the id of the run, or where it is looked for.',
  },
  {
    name: /^ResourceNotFoundException$/,
    message: /./,
    code: 'CLUSTER_NOT_FOUND',
    remedy: 'Correct the id of the application or the virtual cluster, the region or the account.',
  },
  {
    name: /^ConflictException$/,
    message: /./,
    code: 'JOB_CONFLICT',
    remedy:
      'Look at what the message names; another submission with the same token may differ from this one.',
  },
  {
    // EMR gives it with status 400.
    name: /^InternalServer(Exception|Error)$/,
    message: /./,
    code: 'AWS_REQUEST_FAILED',
    retryable: true,
    remedy: 'Try again.',
  },
]

/** An error of a call of EMR, EMR Serverless or EMR on EKS, by what these services mean by it. Pure. */
export function emrFailure(error: TidewaterError): TidewaterError {
  const name = awsErrorName(error) ?? ''
  const meaning = meanings.find((one) => one.name.test(name) && one.message.test(error.message))
  if (meaning === undefined) return error
  const { code, retryable = false, remedy } = meaning
  return new TidewaterError(code, error.message, {
    retryable,
    remedy,
    details: error.details,
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  })
}
