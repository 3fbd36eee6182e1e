import { TidewaterError } from '@tidewater/core'
import { hasEnded, type JobState, type JobStatus } from '../port.js'
import { serviceStatus } from './service-status.js'

export interface ListedRun {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly state?: string | undefined
}

export interface RunPage {
  readonly jobRuns?: readonly ListedRun[] | undefined
  readonly nextToken?: string | undefined
}

/** How far back a run that has ended is looked for, in pages. */
const pagesBack = 20

/**
 * Ids of the runs of a job, newest first: all that have not ended, however old, and the last that has.
 *
 * @param page asks for a page, of runs in these states or in all
 */
export async function runIdsOf(
  page: (input: { states?: string[]; nextToken?: string }) => Promise<RunPage>,
  isOfJob: (name: string) => boolean,
  states: Readonly<Record<string, JobState>>,
): Promise<string[]> {
  const isEnd = (state: string | undefined) => hasEnded(serviceStatus(states, state))
  const unendedStates = Object.keys(states).filter((state) => !isEnd(state))
  const ids: string[] = []
  for await (const { id, name } of runs(page, { states: unendedStates }, Number.POSITIVE_INFINITY))
    if (id !== undefined && isOfJob(name ?? '')) ids.push(id)
  for await (const { id, name, state } of runs(page, {}, pagesBack)) {
    if (id === undefined || !isOfJob(name ?? '') || !isEnd(state)) continue
    ids.push(id)
    break
  }
  return ids
}

/**
 * States of many runs. There is no question for some runs; the newest page answers for most, and the rest are asked for one by
 * one. A run that is not there is left out.
 */
export async function statusesOfRuns<Said>(
  ids: readonly string[],
  newest: () => Promise<{
    readonly jobRuns?: readonly (Said & { readonly id?: string | undefined })[] | undefined
  }>,
  get: (id: string) => Promise<Said>,
  statusOf: (said: Said) => JobStatus,
): Promise<Map<string, JobStatus>> {
  const statuses = new Map<string, JobStatus>()
  if (ids.length > 1) {
    for (const run of (await newest()).jobRuns ?? [])
      if (run.id !== undefined && ids.includes(run.id)) statuses.set(run.id, statusOf(run))
  }
  for (const id of ids) {
    if (statuses.has(id)) continue
    const found = await unlessUnknown(get(id))
    if (found !== undefined) statuses.set(id, statusOf(found))
  }
  return statuses
}

async function unlessUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (thrown) {
    if (TidewaterError.isInstance(thrown) && thrown.code === 'JOB_NOT_FOUND') return undefined
    throw thrown
  }
}

async function* runs(
  page: (input: { states?: string[]; nextToken?: string }) => Promise<RunPage>,
  filter: { states?: string[] },
  limit: number,
): AsyncGenerator<ListedRun> {
  let nextToken: string | undefined
  for (let pages = 0; pages < limit; pages++) {
    const answer = await page({ ...filter, ...(nextToken === undefined ? {} : { nextToken }) })
    yield* answer.jobRuns ?? []
    nextToken = answer.nextToken
    if (nextToken === undefined) return
  }
}
