import { joinLocation } from '@tidewater/core/storage'
import type { SparkJob } from '../job/job-document.gen.js'

/** Where the things of one job lie in the staging location. */
export function jobFolder(stagingLocation: string, job: string): string {
  return joinLocation(stagingLocation, 'jobs', job)
}

export function documentLocation(stagingLocation: string, job: string, runId: string): string {
  return joinLocation(jobFolder(stagingLocation, job), 'documents', `${runId}.json`)
}

/** The run's name, from where its document lies. */
export function runIdOfDocument(location: string): string {
  return location.slice(location.lastIndexOf('/') + 1).replace(/\.json$/, '')
}

/** The job with what its run needs to be followed and stopped, unless it says so itself. */
export function stagedJob(job: SparkJob, stagingLocation: string, runId: string): SparkJob {
  const folder = jobFolder(stagingLocation, job.name)
  return {
    ...job,
    runId,
    progressLocation: job.progressLocation ?? joinLocation(folder, 'progress'),
    stop: { markerLocation: joinLocation(folder, 'stop'), ...job.stop },
  }
}

export function progressLocation(job: Pick<SparkJob, 'progressLocation' | 'runId'>): string | undefined {
  const { progressLocation: folder, runId } = job
  return folder === undefined || runId === undefined ? undefined : joinLocation(folder, `${runId}.json`)
}
