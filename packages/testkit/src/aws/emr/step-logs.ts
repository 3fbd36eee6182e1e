import type { ProcessExit } from '../../supervisor/supervise.js'

/** Where a step's logs go below the cluster's LogUri. */
export interface StepLogKeys {
  /** `controller`, `syslog`, `stdout` and `stderr`. */
  readonly step: (log: string) => string
  /** Of the driver, when it runs on the cluster. */
  readonly container: (log: 'stdout' | 'stderr') => string
}

export function stepLogKeys(
  prefix: string,
  clusterId: string,
  stepId: string,
  applicationId: string,
): StepLogKeys {
  const cluster = [prefix, clusterId].filter((part) => part !== '').join('/')
  const container = applicationId.replace(/^application_/, 'container_')
  return {
    step: (log) => `${cluster}/steps/${stepId}/${log}.gz`,
    container: (log) => `${cluster}/containers/${applicationId}/${container}_01_000001/${log}.gz`,
  }
}

/** As YARN names applications: when the resource manager started, and a number. */
export function yarnApplicationId(clusterReadyAtMs: number, number: number): string {
  return `application_${clusterReadyAtMs}_${String(number).padStart(4, '0')}`
}

/** The log of the agent that ran the step. */
export function controllerLog(facts: {
  readonly command: readonly string[]
  readonly droppedOptions: readonly string[]
  readonly exit: ProcessExit | undefined
  readonly exitCode: number | undefined
}): string {
  const { command, droppedOptions, exit, exitCode } = facts
  return [
    `INFO startExec 'hadoop jar command-runner.jar ${command.join(' ')}'`,
    ...droppedOptions.map((option) => `INFO this endpoint leaves out: ${option}`),
    ...(exit === undefined ? [] : [`INFO waitProcessCompletion ended with exit code ${exitCode}`]),
    ...(exit?.signal ? [`INFO process ended by ${exit.signal}`] : []),
    ...(exitCode === undefined || exitCode === 0 ? [] : [`WARN Step failed with exitCode ${exitCode}`]),
    '',
  ].join('\n')
}

/** What spark-submit itself prints when the driver runs on the cluster. */
export function clusterModeStderr(applicationId: string, exit: ProcessExit | undefined): string {
  const submitted = `INFO YarnClientImpl: Submitted application ${applicationId}`
  if (exit === undefined) return `${submitted}\n`
  if (exit.code === 0)
    return `${submitted}\nINFO Client: Application report for ${applicationId} (state: FINISHED)\n`
  return [
    submitted,
    `INFO Client: Application report for ${applicationId} (state: FINISHED)`,
    `\t diagnostics: User application exited with status ${exit.code ?? 143}`,
    '\t final status: FAILED',
    `Exception in thread "main" org.apache.spark.SparkException: Application ${applicationId} finished with failed status`,
    '',
  ].join('\n')
}
