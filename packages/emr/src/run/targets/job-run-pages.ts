import { TidewaterError } from '@tidewater/core'
import type { JobState } from '../port.js'

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
  const ended = new Set(['succeeded', 'failed', 'cancelled', 'interrupted'])
  const unendedStates = Object.keys(states).filter((state) => !ended.has(states[state] ?? ''))
  const ids: string[] = []
  for await (const { id, name } of runs(page, { states: unendedStates }, Number.POSITIVE_INFINITY))
    if (id !== undefined && isOfJob(name ?? '')) ids.push(id)
  for await (const { id, name, state } of runs(page, {}, pagesBack)) {
    if (id === undefined || !isOfJob(name ?? '') || !ended.has(states[state ?? ''] ?? '')) continue
    ids.push(id)
    break
  }
  return ids
}

/** Of many runs that are asked for, one that is not there is left out. */
export async function unlessUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
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
