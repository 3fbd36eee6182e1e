import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { avroSchema } from '@tidewater/core'
import { fileStore } from '@tidewater/core/storage'
import { artifactOf } from '../../src/artifact/artifact.js'
import { defineJob, type JobTarget, localTarget, type SparkJob, type SubmitOptions } from '../../src/index.js'

/**
 * A program that behaves to the outside as the job does, run by Node in place of Python: it keeps progress, stops between two
 * batches on SIGTERM or by the marker, and ends as the topic's name says.
 */
const program = `
const { readFileSync, renameSync, writeFileSync, mkdirSync, statSync } = require('node:fs')
const flag = process.argv.findIndex((argument) => argument === '--job' || argument === '--plan')
const job = JSON.parse(readFileSync(process.argv[flag + 1], 'utf8'))
const topic = job.source?.topic ?? 'ends-at-once'
const modified = () => { try { return statSync(job.stop.markerLocation).mtimeMs } catch { return undefined } }
const staleMarker = job.stop && modified()
const batch = { query: 'main', batchId: 0, startedAt: 'then', inputRows: 500, outputRows: 500, durationMs: 250, endOffsets: { 0: 500 } }
const keep = (state, ended) => {
  if (!job.progressLocation) return
  mkdirSync(job.progressLocation, { recursive: true })
  const file = job.progressLocation + '/' + job.runId + '.json'
  writeFileSync(file + '.new', JSON.stringify({
    version: 1, runId: job.runId, job: job.name, state, startedAt: 'then', updatedAt: 'now', started: { event: 'started' },
    progress: { main: batch }, recent: [batch, batch], totals: { main: { batches: 2, inputRows: 1000, outputRows: 1000, endOffsets: { 0: 1000 } } },
    ...(ended ? { ended } : {}),
  }))
  renameSync(file + '.new', file)
}
const end = (event, code) => {
  keep(event.event === 'failed' ? 'failed' : 'stopped', event)
  console.log(JSON.stringify(event))
  process.exit(code)
}
console.error('WARN a line of the log')
if (topic === 'fails') end({ event: 'failed', code: 'records-lost', message: 'Records 5 to 9 are gone', remedy: 'Look.' }, 1)
if (topic === 'crashes') { console.error('Traceback: out of luck'); process.exit(7) }
keep('running')
// A test that failed leaves it behind.
setTimeout(() => process.exit(9), 300_000)
if (topic === 'ends-at-once') end({ event: 'stopped', reason: 'available-now-done', graceful: true }, 0)
process.on('SIGTERM', () => end({ event: 'stopped', reason: 'signal', graceful: true }, 0))
setInterval(() => { if (job.stop && modified() !== staleMarker) end({ event: 'stopped', reason: 'stop-marker', graceful: true }, 0) }, 20)
`

const bytes = new TextEncoder().encode(program)

export const standInArtifact = artifactOf([
  { name: 'tidewater_spark/kafka_to_iceberg.py', bytes },
  { name: 'tidewater_spark/maintain.py', bytes },
])

/** A job whose topic says what becomes of it: `runs`, `ends-at-once`, `fails` or `crashes`. */
export function jobOn(topic: string, change: Partial<SparkJob> = {}): SparkJob {
  const schema = avroSchema({ type: 'record', name: 'click', fields: [{ name: 'user', type: 'string' }] })
  const job = defineJob({
    name: 'clicks',
    schema,
    source: { bootstrapBrokers: '127.0.0.1:9092', topic, auth: { type: 'none' } },
    table: {
      catalog: { name: 'local', type: 'hadoop', warehouse: '/w' },
      namespace: 'web',
      name: 'clicks',
    },
    trigger: { type: 'processingTime' },
    checkpointLocation: '/c',
  })
  return { ...job, ...change }
}

export interface Stage extends SubmitOptions {
  readonly folder: string
}

/** Local runs in a folder of their own. `later` is another submitter, which knows the folder and nothing else. */
export async function localStage(python = process.execPath): Promise<Stage & { later(): Stage }> {
  const folder = await mkdtemp(join(tmpdir(), 'tidewater-runs-'))
  const later = (): Stage => ({
    folder,
    target: quick(localTarget({ stateFolder: folder, python })),
    store: fileStore,
    stagingLocation: join(folder, 'staging'),
    artifact: standInArtifact,
  })
  return { ...later(), later }
}

function quick(target: JobTarget): JobTarget {
  return { ...target, pace: { intervalMs: 20, maxIntervalMs: 100 } }
}
