import { type AwsFault, fault } from '../service.js'
import {
  isWireRecord,
  type WireRecord,
  wireRecord,
  wireRecords,
  wireString,
  wireStrings,
} from '../wire-values.js'

/** Steps of a cluster that have not ended. */
export const maxActiveSteps = 256
const maxArgumentCharacters = 10_240
export const maxStepIds = 10
export const concurrencyBounds = { min: 1, max: 256 }
const idleSecondsBounds = { min: 60, max: 604_800 }

export function validationException(message: string): AwsFault {
  return fault('ValidationException', 400, message)
}

export function invalidRequest(message: string): AwsFault {
  return fault('InvalidRequestException', 400, message, { fields: { Message: message } })
}

/** What is wrong with a request for a cluster; undefined when nothing is. */
export function clusterProblem(request: WireRecord): AwsFault | undefined {
  if (wireString(request.Name) === undefined) return missing('name')
  if (!isWireRecord(request.Instances)) return missing('instances')
  const release = wireString(request.ReleaseLabel)
  if (release === undefined) return validationException('The supplied release label is invalid: null.')
  if (!/^emr-(spark-)?\d+\.\d+\.\d+(-latest)?$/.test(release))
    return validationException(`The supplied release label is invalid: ${release}.`)
  if (wireString(request.ServiceRole) === undefined)
    return validationException('ServiceRole is required for creating cluster.')
  if (wireString(request.JobFlowRole) === undefined)
    return validationException('InstanceProfile is required for creating cluster.')
  const instances = wireRecord(request.Instances)
  const groups = wireRecords(instances.InstanceGroups)
  const fleets = wireRecords(instances.InstanceFleets)
  if (groups.length > 0 && fleets.length > 0)
    return validationException('Instance fleets and instance groups are mutually exclusive.')
  const masters = [
    ...groups.map((group) => group.InstanceRole),
    ...fleets.map((fleet) => fleet.InstanceFleetType),
  ]
  if (masters.length > 0 && !masters.includes('MASTER'))
    return validationException('A master instance group must be specified.')
  if (masters.length === 0 && wireString(instances.MasterInstanceType) === undefined)
    return validationException('Must specify a master instance type or instance groups.')
  const concurrency = request.StepConcurrencyLevel ?? 1
  return (
    concurrencyProblem(concurrency) ??
    policyProblem(request.AutoTerminationPolicy) ??
    stepsProblem(wireRecords(request.Steps), { active: 0, concurrency: Number(concurrency) })
  )
}

/** What is wrong with steps that are to be added to those of a cluster that have not ended. */
export function stepsProblem(
  steps: readonly WireRecord[],
  cluster: { readonly active: number; readonly concurrency: number },
): AwsFault | undefined {
  for (const [index, step] of steps.entries()) {
    const at = `steps.${index + 1}.member`
    if (wireString(step.Name) === undefined) return missing(`${at}.name`)
    const jar = wireRecord(step.HadoopJarStep)
    if (wireString(jar.Jar) === undefined) return missing(`${at}.hadoopJarStep.jar`)
    const tooLong = wireStrings(jar.Args).find((argument) => argument.length > maxArgumentCharacters)
    if (tooLong !== undefined) {
      const value = `Value '${tooLong.slice(0, 40)}...' at '${at}.hadoopJarStep.args'`
      const constraint = `Member must have length less than or equal to ${maxArgumentCharacters}`
      return validationException(
        `1 validation error detected: ${value} failed to satisfy constraint: ${constraint}`,
      )
    }
    const action = step.ActionOnFailure ?? 'CONTINUE'
    if (!['TERMINATE_JOB_FLOW', 'TERMINATE_CLUSTER', 'CANCEL_AND_WAIT', 'CONTINUE'].includes(String(action)))
      return validationException(`Invalid action on failure: ${action}`)
    if (cluster.concurrency > 1 && action !== 'CONTINUE')
      return validationException(
        `The ActionOnFailure ${action} is not valid when the step concurrency level is greater than 1.`,
      )
  }
  if (cluster.active + steps.length > maxActiveSteps)
    return validationException(
      "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') for cluster exceeded.",
    )
  return undefined
}

export function concurrencyProblem(level: unknown): AwsFault | undefined {
  const { min, max } = concurrencyBounds
  if (typeof level === 'number' && Number.isInteger(level) && level >= min && level <= max) return undefined
  return validationException(`The step concurrency level must be between ${min} and ${max}; it is ${level}.`)
}

export function policyProblem(policy: unknown): AwsFault | undefined {
  if (policy === undefined) return undefined
  const seconds = wireRecord(policy).IdleTimeout
  const { min, max } = idleSecondsBounds
  if (typeof seconds === 'number' && seconds >= min && seconds <= max) return undefined
  return validationException(`IdleTimeout must be between ${min} and ${max} seconds; it is ${seconds}.`)
}

function missing(path: string): AwsFault {
  return validationException(
    `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`,
  )
}
