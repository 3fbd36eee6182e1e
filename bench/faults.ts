// The fault tests, over and over: what passes once may fail one time in fifty.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

//   faults [--times 20] [--subjects cluster,transaction,job]
const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    subjects: { type: 'string', default: 'cluster,transaction,job' },
  },
})
const times = Number(values.times)
const repositoryFolder = fileURLToPath(new URL('..', import.meta.url))

/** Each subject's test file: the native driver's producers and transactions on three brokers, and the streaming job. */
const tests: Readonly<Record<string, string>> = {
  cluster: 'cluster-faults',
  transaction: 'transaction-faults',
  job: 'jobs/step-jobs',
}
const testFiles = values.subjects.split(',').map((subject) => {
  const test = tests[subject]
  if (test === undefined)
    throw new TypeError(`--subjects names ${subject}; known: ${Object.keys(tests).join(', ')}`)
  return `packages/testkit/test/${test}.integration.test.ts`
})

interface Run {
  readonly passed: boolean
  readonly seconds: number
}

const runs: Run[] = []
for (let number = 1; number <= times; number++) {
  const run = await runOnce()
  runs.push(run)
  const { passed, seconds } = run
  console.log(`run ${number} of ${times}: ${passed ? 'passed' : 'FAILED'} in ${seconds} s`)
}
const failed = runs.filter(({ passed }) => !passed).length
const seconds = runs.map((run) => run.seconds).sort((a, b) => a - b)
console.log(
  `${runs.length - failed} of ${runs.length} passed, ${failed} failed; ${seconds[0]} to ${seconds.at(-1)} s each`,
)
process.exitCode = runs.length > 0 && failed === 0 ? 0 : 1

/** What it says is shown only when it fails. */
async function runOnce(): Promise<Run> {
  const startedAtMs = performance.now()
  // One after the other: each has brokers of its own.
  const options = ['--project', 'integration', '--maxWorkers=1', ...testFiles]
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...options]
  const child = spawn(process.execPath, vitest, {
    cwd: repositoryFolder,
    env: { ...process.env, TIDEWATER_FAULTS_ON_EACH_RELEASE: '1', TIDEWATER_JOB_KILLS: '3' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void output.push(chunk))
  const [code] = await once(child, 'close')
  const passed = code === 0
  if (!passed) process.stdout.write(Buffer.concat(output))
  return { passed, seconds: Math.round((performance.now() - startedAtMs) / 1_000) }
}
