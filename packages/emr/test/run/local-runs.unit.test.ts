import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  attachJob,
  type JobHandle,
  planJobSubmission,
  submitBackfill,
  submitMaintenance,
  submitStreamingJob,
} from '../../src/index.js'
import { jobOn, localStage } from './stand-in.js'

/** Until the job has taken over its signals. */
async function untilStarted(handle: JobHandle): Promise<void> {
  while ((await handle.progress())?.hasStarted !== true) await setTimeout(10)
}

describe('a run on this machine', () => {
  it('is started once, found by a later submitter, and stopped between two batches', async () => {
    const stage = await localStage()
    const job = jobOn('runs')
    expect((await planJobSubmission(job, 'streaming', stage)).plan).toMatchObject({ action: 'start' })
    const first = await submitStreamingJob(job, stage)
    expect(first).toMatchObject({
      wasRunning: false,
      reference: { target: 'local' },
      identity: { job: 'clicks' },
    })
    const second = await submitStreamingJob(job, stage.later())
    expect(second.reference).toEqual(first.reference)
    expect(second.wasRunning).toBe(true)
    expect(await second.status()).toMatchObject({ state: 'running' })
    await untilStarted(second)
    const end = await second.stop()
    expect(end.status).toMatchObject({ state: 'succeeded', serviceState: 'exit 0' })
    expect(end.progress?.ended).toMatchObject({ reason: 'signal', graceful: true })
    // The other handle's wait learns of it too.
    expect((await first.wait()).status.state).toBe('succeeded')
  })

  it('is one for two submitters at once', async () => {
    const stage = await localStage()
    const handles = await Promise.all([
      submitStreamingJob(jobOn('runs'), stage),
      submitStreamingJob(jobOn('runs'), stage.later()),
      submitStreamingJob(jobOn('runs'), stage.later()),
    ])
    expect(new Set(handles.map(({ reference }) => reference.id)).size).toBe(1)
    expect(handles.filter(({ wasRunning }) => !wasRunning)).toHaveLength(1)
    await handles[0]?.stop()
  })

  it('is refused beside another version, and beside a backfill of the same job', async () => {
    const stage = await localStage()
    const running = await submitStreamingJob(jobOn('runs'), stage)
    const other = jobOn('runs', { trigger: { type: 'processingTime', intervalSeconds: 5 } })
    await expect(submitStreamingJob(other, stage)).rejects.toMatchObject({
      code: 'JOB_CONFLICT',
      retryable: false,
      details: { id: running.reference.id },
    })
    await expect(submitBackfill(jobOn('runs'), stage)).rejects.toMatchObject({ code: 'JOB_CONFLICT' })
    await running.stop()
  })

  it('maintains the table beside the job, by a plan that is valid', async () => {
    const stage = await localStage()
    const running = await submitStreamingJob(jobOn('runs'), stage)
    const { catalog, namespace, name } = jobOn('runs').table
    const plan = {
      version: 1 as const,
      table: { catalog, namespace, name },
      operations: [{ operation: 'rewrite_manifests' }],
    }
    const maintenance = await submitMaintenance(plan, stage)
    expect(maintenance.identity).toMatchObject({ job: 'web.clicks', kind: 'maintenance' })
    expect(await maintenance.wait()).toMatchObject({ status: { state: 'succeeded' }, progress: undefined })
    await expect(submitMaintenance({ ...plan, operations: [] }, stage)).rejects.toMatchObject({
      code: 'PLAN_INVALID',
    })
    await running.stop()
  })

  it('runs a backfill to its end, and again when it is submitted again', async () => {
    const stage = await localStage()
    const first = await submitBackfill(jobOn('ends-at-once'), stage)
    const end = await first.wait()
    expect(end.progress).toMatchObject({
      state: 'stopped',
      hasStarted: true,
      queries: { main: { batches: 2, inputRows: 1000, recordsPerSecond: 2000, batchDurationMs: 250 } },
      ended: { reason: 'available-now-done' },
    })
    const document = JSON.parse(
      await readFile(join(stage.stagingLocation, `jobs/clicks/documents/${first.runId}.json`), 'utf8'),
    )
    expect(document).toMatchObject({ runId: first.runId, trigger: { type: 'availableNow' } })
    const again = await submitBackfill(jobOn('ends-at-once'), stage.later())
    expect(again.reference.id).not.toBe(first.reference.id)
    expect(again.wasRunning).toBe(false)
    await again.wait()
    expect((await attachJob({ job: 'clicks' }, stage)).reference).toEqual(again.reference)
  })

  it('brings back what the job said, or else the end of its log', async () => {
    const stage = await localStage()
    const failed = await submitStreamingJob(jobOn('fails'), stage)
    await expect(failed.wait()).rejects.toMatchObject({
      code: 'JOB_FAILED',
      message: 'Records 5 to 9 are gone',
      remedy: 'Look.',
      details: { sparkCode: 'records-lost', stderrTail: 'WARN a line of the log' },
    })
    const crashed = await submitStreamingJob(jobOn('crashes', { name: 'other' }), stage)
    await expect(crashed.wait()).rejects.toMatchObject({
      code: 'JOB_FAILED',
      message: expect.stringMatching(/exit code 7[\s\S]*Traceback: out of luck$/),
    })
    expect((await crashed.log())?.text).toContain('out of luck')
  })

  it('says so when there is no Python to run it', async () => {
    const stage = await localStage('/nowhere/python')
    const run = await submitStreamingJob(jobOn('runs'), stage)
    await expect(run.wait()).rejects.toMatchObject({
      code: 'PREREQUISITE_MISSING',
      details: { stderrTail: expect.stringContaining('/nowhere/python') },
    })
  })

  it('is interrupted when it is killed, and cancelled when it was asked for', async () => {
    const stage = await localStage()
    const killed = await submitStreamingJob(jobOn('runs'), stage)
    const folder = join(stage.folder, 'runs', killed.reference.id)
    process.kill(Number(await readFile(join(folder, 'python.pid'), 'utf8')), 'SIGKILL')
    await expect(killed.wait()).rejects.toMatchObject({ code: 'JOB_INTERRUPTED', retryable: true })
    const next = await submitStreamingJob(jobOn('runs'), stage)
    expect(next.reference.id).not.toBe(killed.reference.id)
    await next.cancel()
    expect((await next.wait()).status.state).toBe('cancelled')
    // Another handle did not ask for that.
    const witness = await attachJob({ id: next.reference.id }, stage.later())
    await expect(witness.wait()).rejects.toMatchObject({ code: 'JOB_INTERRUPTED' })
  })

  it('goes on when its waiter is aborted, unless told otherwise', async () => {
    const stage = await localStage()
    const run = await submitStreamingJob(jobOn('runs'), stage)
    const leaving = new AbortController()
    const waiting = run.wait({ signal: leaving.signal })
    leaving.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
    expect((await run.status()).state).toBe('running')
    const cancelling = new AbortController()
    const ending = run.wait({ signal: cancelling.signal, onAbort: 'cancel' })
    cancelling.abort()
    await expect(ending).rejects.toMatchObject({ code: 'ABORTED' })
    expect((await run.wait()).status.state).toBe('cancelled')
  })

  it('times out only when told to, and says where it stands', async () => {
    const stage = await localStage()
    const run = await submitStreamingJob(jobOn('runs'), stage)
    await expect(run.wait({ timeoutMs: 1 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      retryable: true,
      details: { state: 'running' },
    })
    await run.stop()
  })

  it('outlives a submitter that is killed, and a new one finds it', async () => {
    const stage = await localStage()
    const submitter = new URL('submitter.ts', import.meta.url).pathname
    const options = ['--conditions=@tidewater/source', '--import', 'tsx']
    const child = spawn(process.execPath, [...options, submitter, stage.folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said = await Promise.race([
      once(child.stdout, 'data').then(([chunk]: Buffer[]) => String(chunk)),
      once(child, 'exit').then(([code]) => `the submitter ended with ${code}`),
    ])
    child.kill('SIGKILL')
    await once(child, 'exit')
    const found = await submitStreamingJob(jobOn('runs'), stage)
    expect(found.reference.id).toBe(said.trim())
    expect(found.wasRunning).toBe(true)
    await found.stop()
  })

  it('is not found under a name that leads elsewhere', async () => {
    const stage = await localStage()
    for (const id of ['../x', 'clicks/..', 'clicks/none', 'x'])
      await expect(attachJob({ id }, stage)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
    await expect(attachJob({ job: 'none' }, stage)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
  })
})
