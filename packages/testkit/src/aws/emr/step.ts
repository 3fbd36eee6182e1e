import { epochSeconds } from '../wire-values.js'

export type StepState =
  | 'PENDING'
  | 'CANCEL_PENDING'
  | 'RUNNING'
  | 'COMPLETED'
  | 'CANCELLED'
  | 'FAILED'
  | 'INTERRUPTED'

export interface EmrStep {
  readonly id: string
  readonly name: string
  state: StepState
  readonly actionOnFailure: string
  readonly jar: string
  readonly args: readonly string[]
  readonly mainClass: string | undefined
  readonly properties: Readonly<Record<string, string>>
  readonly roleArn: string | undefined
  readonly createdAtMs: number
  startedAtMs?: number
  endedAtMs?: number
  failure?: { readonly Reason: string; readonly Message?: string; readonly LogFile?: string }
}

export function isActive({ state }: EmrStep): boolean {
  return state === 'PENDING' || state === 'RUNNING' || state === 'CANCEL_PENDING'
}

export function stepEnded(step: EmrStep, state: StepState, atMs: number): void {
  step.state = state
  step.endedAtMs = atMs
}

/** As DescribeStep and ListSteps write it. */
export function wireStep(step: EmrStep) {
  return {
    Id: step.id,
    Name: step.name,
    Config: { Jar: step.jar, Args: step.args, MainClass: step.mainClass, Properties: step.properties },
    ActionOnFailure: step.actionOnFailure,
    Status: {
      State: step.state,
      StateChangeReason: {},
      FailureDetails: step.failure,
      Timeline: {
        CreationDateTime: epochSeconds(step.createdAtMs),
        StartDateTime: epochSeconds(step.startedAtMs),
        EndDateTime: epochSeconds(step.endedAtMs),
      },
    },
    ExecutionRoleArn: step.roleArn,
  }
}
