import { type AwsFault, fault } from '../service.js'
import { isWireRecord, type WireRecord, wireRecord, wireString } from '../wire-values.js'

export const graceBoundsSeconds = { min: 15, max: 1_800 }
const maxAttempts = 10
const maxFailedAttemptsPerHour = 10

export function invalid(message: string): AwsFault {
  return fault('ValidationException', 400, message)
}

export function conflict(message: string): AwsFault {
  return fault('ConflictException', 409, message)
}

export function notFound(message: string): AwsFault {
  return fault('ResourceNotFoundException', 404, message)
}

/** What is wrong with a request for an application; undefined when nothing is. */
export function applicationProblem(request: WireRecord): AwsFault | undefined {
  const release = wireString(request.releaseLabel)
  if (release === undefined) return missing('releaseLabel')
  if (!/^emr-(spark-)?\d+\.\d+\.\d+(-latest)?$/.test(release))
    return invalid(`Unsupported release label: ${release}`)
  const type = wireString(request.type)
  if (type === undefined) return missing('type')
  if (type.toLowerCase() !== 'spark') return invalid(`Only applications of type Spark run here, not ${type}`)
  return wireString(request.clientToken) === undefined ? missing('clientToken') : undefined
}

/** What is wrong with a request for a job run; undefined when nothing is. */
export function jobRunProblem(request: WireRecord): AwsFault | undefined {
  if (wireString(request.clientToken) === undefined) return missing('clientToken')
  const role = wireString(request.executionRoleArn)
  if (role === undefined) return missing('executionRoleArn')
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/.test(role))
    return invalid(`Invalid execution role ARN: ${role}`)
  const submit = wireRecord(request.jobDriver).sparkSubmit
  if (!isWireRecord(submit)) return missing('jobDriver.sparkSubmit')
  if (wireString(submit.entryPoint) === undefined) return missing('jobDriver.sparkSubmit.entryPoint')
  return retryProblem(request.mode ?? 'BATCH', wireRecord(request.retryPolicy))
}

function retryProblem(mode: unknown, policy: WireRecord): AwsFault | undefined {
  if (mode !== 'BATCH' && mode !== 'STREAMING') return invalid(`Invalid job run mode: ${mode}`)
  const { maxAttempts: attempts, maxFailedAttemptsPerHour: failures } = policy
  if (mode === 'STREAMING' && attempts !== undefined)
    return invalid('maxAttempts is only supported for BATCH job runs.')
  if (mode === 'BATCH' && failures !== undefined)
    return invalid('maxFailedAttemptsPerHour is only supported for STREAMING job runs.')
  return (
    rangeProblem('retryPolicy.maxAttempts', attempts, 1, maxAttempts) ??
    rangeProblem('retryPolicy.maxFailedAttemptsPerHour', failures, 1, maxFailedAttemptsPerHour)
  )
}

export function rangeProblem(name: string, value: unknown, min: number, max: number): AwsFault | undefined {
  if (value === undefined || (typeof value === 'number' && value >= min && value <= max)) return undefined
  return invalid(`${name} must be between ${min} and ${max}; it is ${value}.`)
}

function missing(path: string): AwsFault {
  return invalid(
    `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  )
}
