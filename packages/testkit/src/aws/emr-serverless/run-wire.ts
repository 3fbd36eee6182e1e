import { epochSeconds } from '../wire-values.js'
import type { Attempt, ServerlessRun } from './job-run.js'

/** As GetJobRun writes it. */
export function wireRun(run: ServerlessRun, attempt: Attempt, nowMs: number) {
  const { request, startedAtMs, endedAtMs } = run
  const ranMs = startedAtMs === undefined ? 0 : (endedAtMs ?? nowMs) - startedAtMs
  return {
    ...facts(run, attempt),
    jobRunId: run.id,
    createdAt: epochSeconds(run.createdAtMs),
    updatedAt: epochSeconds(attempt.updatedAtMs),
    startedAt: epochSeconds(startedAtMs),
    endedAt: epochSeconds(endedAtMs),
    attemptCreatedAt: epochSeconds(attempt.createdAtMs),
    attemptUpdatedAt: epochSeconds(attempt.updatedAtMs),
    jobDriver: request.jobDriver,
    configurationOverrides: request.configurationOverrides,
    networkConfiguration: run.application.request.networkConfiguration,
    executionTimeoutMinutes: request.executionTimeoutMinutes ?? (run.mode === 'STREAMING' ? 0 : 720),
    totalExecutionDurationSeconds: Math.round(ranMs / 1_000),
    retryPolicy: request.retryPolicy,
    tags: Object.fromEntries(run.tags),
  }
}

/** As ListJobRuns writes it. */
export function wireRunSummary(run: ServerlessRun) {
  const { latest } = run
  return {
    ...facts(run, latest),
    id: run.id,
    type: run.application.request.type,
    createdAt: epochSeconds(run.createdAtMs),
    updatedAt: epochSeconds(latest.updatedAtMs),
    attemptCreatedAt: epochSeconds(latest.createdAtMs),
    attemptUpdatedAt: epochSeconds(latest.updatedAtMs),
  }
}

/** As ListJobRunAttempts writes it. */
export function wireAttempt(run: ServerlessRun, attempt: Attempt) {
  return {
    ...facts(run, attempt),
    id: run.id,
    type: run.application.request.type,
    jobCreatedAt: epochSeconds(run.createdAtMs),
    createdAt: epochSeconds(attempt.createdAtMs),
    updatedAt: epochSeconds(attempt.updatedAtMs),
  }
}

function facts(run: ServerlessRun, attempt: Attempt) {
  return {
    applicationId: run.application.id,
    name: run.request.name,
    mode: run.mode,
    arn: run.arn,
    createdBy: run.createdBy,
    executionRole: run.request.executionRoleArn,
    state: attempt.state,
    stateDetails: attempt.details,
    releaseLabel: run.application.request.releaseLabel,
    attempt: attempt.number,
  }
}
