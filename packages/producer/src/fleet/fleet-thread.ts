// What runs in each worker thread of a fleet: the workers it is told to start.
import { setMaxListeners } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { mskIam, toTidewaterError } from '@tidewater/core'
import type { FromThread, PartitionCounts, ThreadData, ToThread, WorkerTask } from './messages.js'
import { askedOnce, registryOf } from './registry.js'
import { loadSource } from './source.js'
import { runWorker } from './worker.js'
import { WorkerCounters } from './worker-counters.js'

const data = workerData as ThreadData
// One for all: the workers of a thread share credentials and their refreshes.
const auth = data.auth === undefined ? undefined : mskIam(data.auth)
const registry = data.registry === undefined ? undefined : askedOnce(registryOf(data.registry))
const source = loadSource(data.source)
// Whoever starts a worker hears of it; without workers nobody asks.
source.catch(() => {})
const drain = new AbortController()
const abandon = new AbortController()
// Each worker listens.
setMaxListeners(0, drain.signal, abandon.signal)

// A thread prints its warnings by itself; what becomes of warnings is for the application to say.
process.removeAllListeners('warning')
process.on('warning', ({ name, message }) => post({ type: 'warning', name, message }))

parentPort?.on('message', (message: ToThread) => {
  if (message.type === 'start') void start(message.task)
  else drain.abort()
  if (message.type === 'abandon') abandon.abort()
})

async function start(task: WorkerTask): Promise<void> {
  const { position } = task
  try {
    const { partitions, thrown } = await runWorker(task, new WorkerCounters(data.counters, position), {
      data,
      auth,
      registry,
      source: await source,
      drain: drain.signal,
      abandon: abandon.signal,
      onUp: () => post({ type: 'up', position }),
    })
    if (thrown === undefined) post({ type: 'ended', position, partitions })
    else fail(position, thrown, partitions)
  } catch (thrown) {
    fail(position, thrown, [])
  }
}

function fail(position: number, thrown: unknown, partitions: PartitionCounts): void {
  const { code, message, retryable, remedy } = toTidewaterError(thrown)
  post({ type: 'failed', position, partitions, error: { code, message, retryable, remedy } })
}

function post(message: FromThread): void {
  parentPort?.postMessage(message)
}
