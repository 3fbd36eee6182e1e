import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  attachJob,
  type JobHandle,
  planReplacement,
  replaceJob,
  type SparkJob,
  submitStreamingJob,
  validateJob,
} from '../../src/index.js'
import { compareJobs, invalidates } from '../../src/run/replacement-plan.js'
import { jobOn, localStage } from './stand-in.js'

const faster = { trigger: { type: 'processingTime', intervalSeconds: 5 } } as const

describe('replaceJob', () => {
  it('stops the version that runs between two batches, and starts the next on the same checkpoint', async () => {
    const stage = await localStage()
    const first = await submitStreamingJob(jobOn('runs'), stage)
    await untilStarted(first)
    const { plan, handle, ended } = await replaceJob(jobOn('runs', faster), stage)
    expect(plan).toMatchObject({
      action: 'replace',
      running: { id: first.reference.id },
      changes: [{ path: '/trigger/intervalSeconds', effect: 'carries-over' }],
      explanation: undefined,
    })
    expect(ended?.progress?.ended).toMatchObject({ reason: 'signal', graceful: true })
    expect((await first.status()).state).toBe('succeeded')
    expect((await attachJob({ job: 'clicks' }, stage)).reference).toEqual(handle.reference)
    await untilStarted(handle)
    // Called again, as after an interruption: there is nothing left to do.
    const again = await replaceJob(jobOn('runs', faster), stage)
    expect(again).toMatchObject({ plan: { action: 'none' }, ended: undefined })
    expect(again.handle.reference).toEqual(handle.reference)
    await handle.stop()
  })

  it('starts what does not run', async () => {
    const stage = await localStage()
    expect((await planReplacement(jobOn('ends-at-once'), stage)).action).toBe('start')
    const { handle, ended } = await replaceJob(jobOn('ends-at-once'), stage)
    expect(ended).toBeUndefined()
    await handle.wait()
  })

  it('refuses a change that the checkpoint can not be carried over, and leaves the job running', async () => {
    const stage = await localStage()
    const running = await submitStreamingJob(jobOn('runs'), stage)
    await untilStarted(running)
    await expect(replaceJob(jobOn('other'), stage)).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALIDATED',
      message: expect.stringMatching(
        /offsets of the other topic.*twice.*give \{"0":1000\} as startingOffsets/,
      ),
      details: { changes: [{ path: '/source/topic' }] },
    })
    expect((await running.status()).state).toBe('running')
    await running.stop()
    // Also against the version that ran last.
    await expect(replaceJob(jobOn('other'), stage)).rejects.toMatchObject({ code: 'CHECKPOINT_INVALIDATED' })
  })

  it('starts over when told to, removing the checkpoint and nothing beside it', async () => {
    const stage = await localStage()
    const checkpointLocation = join(stage.folder, 'checkpoint')
    for (const path of ['main/offsets/0', 'dead-letters/offsets/0', 'job/0', 'notes/0']) {
      await mkdir(join(checkpointLocation, path, '..'), { recursive: true })
      await writeFile(join(checkpointLocation, path), '')
    }
    await submitStreamingJob(jobOn('runs', { checkpointLocation }), stage).then(untilStarted)
    const { plan, handle } = await replaceJob(jobOn('ends-at-once', { checkpointLocation }), {
      ...stage,
      resetCheckpoint: true,
    })
    expect(plan.action).toBe('replace')
    expect(plan.explanation).toContain('new query')
    const left = await readdir(checkpointLocation, { recursive: true, withFileTypes: true })
    expect(left.filter((entry) => entry.isFile()).map(({ parentPath }) => parentPath)).toEqual([
      join(checkpointLocation, 'notes'),
    ])
    await handle.wait()
  })
})

describe('compareJobs', () => {
  const job = jobOn('runs')

  it.each<[string, Record<string, unknown>, [string, boolean][]]>([
    ['nothing', {}, []],
    ['the topic', { '/source/topic': 'x' }, [['/source/topic', true]]],
    [
      'the table and with it its dead letters',
      { '/table/name': 'x', '/decoding/deadLetterTable': undefined },
      [
        ['/table/name', true],
        ['/decoding/deadLetterTable', true],
      ],
    ],
    ['the warehouse', { '/table/catalog/warehouse': '/x' }, [['/table/catalog', true]]],
    ["the catalog's name in Spark", { '/table/catalog/name': 'x' }, []],
    ['the schema', { '/decoding/schema/fields/0/type': 'bytes' }, [['/decoding/schema', true]]],
    ["the schema's documentation", { '/decoding/schema/fields/0/doc': 'x' }, []],
    ['a limit', { '/decoding/maxValueBytes': 1_000_000 }, [['/decoding/maxValueBytes', true]]],
    ['the checkpoint', { '/checkpointLocation': '/x' }, [['/checkpointLocation', true]]],
    ['the brokers', { '/source/bootstrapBrokers': 'h:1' }, [['/source/bootstrapBrokers', false]]],
    ['the pace', { '/source/maxOffsetsPerTrigger': 5 }, [['/source/maxOffsetsPerTrigger', false]]],
    ['the run', { '/runId': 'x' }, []],
  ])('of %s', (_, changes, expected) => {
    const next = validateJob(changed(job, changes))
    expect(compareJobs(job, next).map((one) => [one.path, invalidates(one)])).toEqual(expected)
  })
})

function changed(job: SparkJob, changes: Record<string, unknown>): object {
  const copy = structuredClone(job)
  for (const [path, value] of Object.entries(changes)) {
    const names = path.slice(1).split('/')
    const last = names.pop() ?? ''
    const parent = names.reduce<Record<string, unknown>>(
      (node, name) => node[name] as Record<string, unknown>,
      copy as unknown as Record<string, unknown>,
    )
    if (value === undefined) delete parent[last]
    else parent[last] = value
  }
  return copy
}

async function untilStarted(handle: JobHandle): Promise<void> {
  while ((await handle.progress())?.hasStarted !== true) await setTimeout(10)
}
