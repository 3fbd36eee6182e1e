import type { JobState, JobStatus } from '../port.js'

/**
 * What a service says of a run. A state that AWS adds later is taken for one that still runs.
 *
 * @param states what each state of the service means
 * @param said why, in parts; the service leaves some out
 */
export function serviceStatus(
  states: Readonly<Record<string, JobState>>,
  serviceState = 'UNKNOWN',
  said: readonly (string | undefined)[] = [],
): JobStatus {
  const reason = said.filter((part) => part !== undefined && part !== '').join(': ')
  return { state: states[serviceState] ?? 'running', serviceState, ...(reason === '' ? {} : { reason }) }
}
