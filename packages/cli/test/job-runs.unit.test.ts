import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { renderReplacement } from '../src/commands/job-runs.js'
import { addJobCommands } from '../src/program/job.js'
import { fakeIo } from './fake-io.js'

const document = {
  version: 1,
  name: 'clicks',
  source: { bootstrapBrokers: '127.0.0.1:9092', topic: 'clicks', auth: { type: 'none' } },
  decoding: { schema: { type: 'record', name: 'click', fields: [{ name: 'user', type: 'string' }] } },
  table: { catalog: { name: 'local', type: 'hadoop', warehouse: '/w' }, namespace: 'web', name: 'clicks' },
  trigger: { type: 'processingTime' },
  checkpointLocation: '/c',
}

async function run(command: string, ...options: string[]) {
  const cwd = await mkdtemp(join(tmpdir(), 'tidewater-cli-'))
  await writeFile(join(cwd, 'job.json'), JSON.stringify(document))
  const io = fakeIo({ cwd })
  const program = new Command('tidewater').exitOverride().configureOutput({ writeErr: io.stderr })
  addJobCommands(program, io)
  const args = ['job', command, 'job.json', '--state-folder', 'state', ...options]
  return { io, done: program.parseAsync(args, { from: 'user' }) }
}

const cluster = ['--cluster', 'j-2AXXXXXXGAPLF', '--region', 'us-east-1']

describe('job submit, status, logs, stop and replace', () => {
  it.each<[string, string[], RegExp]>([
    ['status', ['--cluster', 'j-1', '--application', '00a'], /--cluster and --application name two places/],
    ['submit', ['--application', '00a'], /EMR Serverless needs --execution-role/],
    ['replace', ['--virtual-cluster', 'v'], /EMR on EKS needs --release/],
    ['submit', cluster, /--staging is needed for cluster j-2AXXXXXXGAPLF/],
  ])('%s %j is refused', async (command, options, message) => {
    const { done } = await run(command, ...options)
    await expect(done).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) })
  })

  it.each(['status', 'logs', 'stop'])(
    '%s says that no run is there, without needing Spark',
    async (command) => {
      const { done } = await run(command)
      await expect(done).rejects.toMatchObject({ code: 'JOB_NOT_FOUND', details: { job: 'clicks' } })
    },
  )

  it('refuses an id that is none', async () => {
    const { done } = await run('status', '--cluster', 'demo')
    await expect(done).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('renderReplacement', () => {
  it('says what, why, and what starting over means', () => {
    const identity = { job: 'clicks', kind: 'streaming', hash: '0'.repeat(12) } as const
    const running = {
      id: 's-1',
      identity,
      documentLocation: '/d',
      status: { state: 'running', serviceState: 'RUNNING' },
    } as const
    const changes = [
      { path: '/source/topic', effect: 'invalidates-checkpoint', reason: 'other offsets' },
    ] as const
    const plan = { action: 'refuse', running, changes, explanation: 'Twice.' } as const
    expect(renderReplacement(plan, true)).toBe(
      'would be: refuse: run s-1 is RUNNING\n  /source/topic invalidates-checkpoint: other offsets\n  Twice.\n',
    )
    const start = { action: 'start', running: undefined, changes: [], explanation: undefined } as const
    expect(renderReplacement(start, false)).toBe('start: nothing runs\n')
  })
})
