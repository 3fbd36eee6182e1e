import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { avroSchema } from '@tidewater/core'
import type { ObjectStore } from '@tidewater/core/storage'
import {
  artifactOf,
  attachJob,
  defineJob,
  type JobHandle,
  type JobTarget,
  replaceJob,
  type SparkJob,
  type SubmitOptions,
  submitBackfill,
  submitStreamingJob,
} from '@tidewater/emr'
import { beforeAll, describe, expect, it } from 'vitest'

export interface TargetStage {
  /** A new client of the same place, as another process would have. */
  target(): Promise<JobTarget>
  readonly store: ObjectStore
  readonly stagingLocation: string
  /** What a graceful stop is asked for by. */
  readonly stoppedBy: 'signal' | 'stop-marker'
}

/** What every target does with a job, on a program in place of the job that takes seconds. */
export function targetContract(name: string, start: () => Promise<TargetStage>): void {
  describe(name, () => {
    let stage: TargetStage
    let artifact: SubmitOptions['artifact']
    beforeAll(async () => {
      stage = await start()
      artifact = await standInArtifact()
    })
    /** Another submitter, that knows the place and nothing else. */
    const submitter = async (): Promise<SubmitOptions> => {
      const { store, stagingLocation } = stage
      const target = await stage.target()
      return {
        target: { ...target, pace: { intervalMs: 300, maxIntervalMs: 2_000 } },
        store,
        stagingLocation,
        artifact,
        sparkConf: { 'spark.app.name': "two words and a 'quote'" },
      }
    }

    it('starts one run for submitters at once, which a later one finds, follows and stops', async () => {
      const job = jobOn('shared', 'runs')
      const submitters = await Promise.all([submitter(), submitter(), submitter()])
      const handles = await Promise.all(submitters.map((one) => submitStreamingJob(job, one)))
      const [first] = handles
      if (first === undefined) throw new Error('no handle')
      expect(new Set(handles.map(({ reference }) => reference.id)).size).toBe(1)
      await untilStarted(first)
      const later = await submitStreamingJob(job, await submitter())
      expect(later).toMatchObject({ wasRunning: true, reference: first.reference, runId: first.runId })
      expect(await later.status()).toMatchObject({ state: 'running' })
      expect((await later.progress())?.queries.main).toMatchObject({
        inputRows: 500,
        recordsPerSecond: 2_000,
      })
      const [end, waited] = await Promise.all([later.stop(), first.wait()])
      expect(end.status.state).toBe('succeeded')
      expect(end.progress?.ended).toMatchObject({ reason: stage.stoppedBy, graceful: true })
      expect(waited.status.state).toBe('succeeded')
    })

    it('brings back the words of a job that failed, and the log of one that had none', async () => {
      const options = await submitter()
      const failed = await submitBackfill(jobOn('failing', 'fails'), options)
      const crashed = await submitBackfill(jobOn('crashing', 'crashes'), options)
      await expect(failed.wait()).rejects.toMatchObject({
        code: 'JOB_FAILED',
        message: 'Records 5 to 9 are gone',
        remedy: 'Look.',
        details: { sparkCode: 'records-lost' },
      })
      const failure = await crashed.wait().catch((thrown) => thrown)
      expect(failure).toMatchObject({ code: 'JOB_FAILED', details: { logFile: expect.any(String) } })
      expect(failure.message).toContain('MemoryError: out of luck')
    })

    it('runs again what has ended, and another version in place of one that runs', async () => {
      const options = await submitter()
      const first = await submitBackfill(jobOn('versions', 'runs'), options)
      expect((await first.wait()).progress?.ended).toMatchObject({ reason: 'available-now-done' })
      const second = await submitStreamingJob(jobOn('versions', 'runs'), options)
      expect(second.runId).not.toBe(first.runId)
      await untilStarted(second)
      const faster = jobOn('versions', 'runs', 5)
      await expect(submitStreamingJob(faster, options)).rejects.toMatchObject({ code: 'JOB_CONFLICT' })
      const { plan, handle, ended } = await replaceJob(faster, options)
      expect(plan).toMatchObject({ action: 'replace', running: { id: second.reference.id } })
      expect(ended?.progress?.ended).toMatchObject({ graceful: true })
      await untilStarted(handle)
      expect((await attachJob({ job: 'versions' }, await submitter())).reference).toEqual(handle.reference)
      await handle.stop()
      // The same version once more is another run.
      const again = await submitStreamingJob(faster, options)
      expect(again.runId).not.toBe(handle.runId)
      await again.stop({ graceful: false })
    })

    it('cancels, and leaves running what is only not waited for any more', async () => {
      const options = await submitter()
      const run = await submitStreamingJob(jobOn('cancelled', 'runs'), options)
      await untilStarted(run)
      const leaving = new AbortController()
      const waiting = run.wait({ signal: leaving.signal, onStatus: () => leaving.abort() })
      await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
      expect((await run.status()).state).toBe('running')
      await run.cancel()
      expect((await run.wait()).status.state).toBe('cancelled')
      const witness = await attachJob({ id: run.reference.id }, await submitter())
      await expect(witness.wait()).rejects.toMatchObject({ code: 'JOB_INTERRUPTED' })
    })
  })
}

/** A program in place of the job. */
export async function standInArtifact(): Promise<SubmitOptions['artifact']> {
  const bytes = await readFile(new URL('stand-in.py', import.meta.url))
  return artifactOf([{ name: 'tidewater_spark/kafka_to_iceberg.py', bytes }])
}

/** A job whose topic says what becomes of it. */
export function jobOn(name: string, topic: string, intervalSeconds = 60): SparkJob {
  return defineJob({
    name,
    schema: avroSchema({ type: 'record', name: 'click', fields: [{ name: 'user', type: 'string' }] }),
    source: { bootstrapBrokers: '127.0.0.1:9092', topic, auth: { type: 'none' } },
    table: { catalog: { name: 'local', type: 'hadoop', warehouse: '/w' }, namespace: 'web', name },
    trigger: { type: 'processingTime', intervalSeconds },
    checkpointLocation: `/checkpoints/${name}`,
  })
}

export async function untilStarted(handle: JobHandle): Promise<void> {
  while ((await handle.progress())?.hasStarted !== true) {
    const { state } = await handle.status()
    // A run that ended before it began says why.
    if (state !== 'pending' && state !== 'running') await handle.wait()
    await setTimeout(200)
  }
}
