// Submits a job and stays, for a test that kills it.
import { join } from 'node:path'
import { fileStore } from '@tidewater/core/storage'
import { localTarget, submitStreamingJob } from '../../src/index.js'
import { jobOn, standInArtifact } from './stand-in.js'

const folder = process.argv[2] ?? ''
const handle = await submitStreamingJob(jobOn('runs'), {
  target: localTarget({ stateFolder: folder, python: process.execPath }),
  store: fileStore,
  stagingLocation: join(folder, 'staging'),
  artifact: standInArtifact,
})
process.stdout.write(`${handle.reference.id}\n`)
await handle.wait()
