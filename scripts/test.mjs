// npm test: everything that can be tested, set-up included. `npm test -- --unit` is the fast part: no Kafka, no Spark.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureConfluentDriver } from './confluent-driver.mjs'
import { setUp } from './setup.mjs'
import { repositoryFolder, runAttached, runMain, StepError } from './step.mjs'

const cli = [process.execPath, join(repositoryFolder, 'packages', 'cli', 'dist', 'main.js')]
const vitest = [process.execPath, join(repositoryFolder, 'node_modules', 'vitest', 'vitest.mjs'), 'run']

await runMain(async () => {
  const unknown = process.argv.slice(2).filter((argument) => argument !== '--unit')
  if (unknown.length > 0)
    throw new StepError(`Unknown argument ${unknown[0]}. Known: --unit (the fast part).`)
  const unitOnly = process.argv.includes('--unit')
  const reports = mkdtempSync(join(tmpdir(), 'tidewater-test-'))
  const tally = { passed: 0, failed: 0 }
  try {
    await setUp({ needs: unitOnly ? ['node'] : ['node', 'java', 'maven', 'python'], build: !unitOnly })
    await runVitest(['unit', 'property'], join(reports, 'fast.json'), tally)
    if (!unitOnly) await runAgainstRealParts(reports, tally)
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
  process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed\n`)
  return tally.failed === 0 ? 0 : 1
})

async function runAgainstRealParts(reports, tally) {
  await ensureConfluentDriver()
  const installed = await runAttached([...cli, 'local', 'install'])
  if (installed !== 0) throw new StepError('The local tool chain could not be set up; see above.')
  const stateFolder = join(reports, 'stack')
  const python = JSON.parse(capture([...cli, 'local', 'install', '--json']))
  const stack = JSON.parse(capture([...cli, 'local', 'up', '--json', '--state-folder', stateFolder]))
  try {
    const env = {
      TIDEWATER_BOOTSTRAP_BROKERS: stack.bootstrapBrokers,
      TIDEWATER_SPARK_JARS: python.sparkJarsFolder,
      PYTHONPATH: join(repositoryFolder, 'spark'),
      PYTHONDONTWRITEBYTECODE: '1',
    }
    const files = await runVitest(['integration'], join(reports, 'integration.json'), tally, env)
    // A driver whose tests silently did not run would look green.
    for (const driver of ['kafkajs', 'confluent']) requireTests(files, `${driver}.integration.test.ts`, tally)
    await runPytest(python.python, join(reports, 'pytest.xml'), tally, env)
  } finally {
    await runAttached([...cli, 'local', 'down', '--state-folder', stateFolder])
  }
}

async function runVitest(projects, report, tally, env = {}) {
  const selection = projects.flatMap((project) => ['--project', project])
  const output = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await runAttached([...vitest, ...selection, ...output], { env })
  if (!existsSync(report)) {
    process.stderr.write(`vitest (${projects.join(', ')}) ended with ${code} and left no report\n`)
    tally.failed += 1
    return []
  }
  const result = JSON.parse(readFileSync(report, 'utf8'))
  tally.passed += result.numPassedTests
  tally.failed += result.numFailedTests
  // A file that can't be loaded, an unhandled rejection or a failed type test has no failed test of its own.
  if (code !== 0 && result.numFailedTests === 0) tally.failed += 1
  if (result.numPassedTests + result.numFailedTests === 0) tally.failed += 1
  const skipped = result.numPendingTests + result.numTodoTests
  if (skipped > 0) {
    process.stderr.write(`${skipped} tests were skipped; a skipped test counts as failed\n`)
    tally.failed += skipped
  }
  return result.testResults
}

function requireTests(files, name, tally) {
  const ran = files.filter((file) => file.name.endsWith(`/${name}`)).flatMap((file) => file.assertionResults)
  if (ran.some((test) => test.status === 'passed')) return
  process.stderr.write(`No test of ${name} passed: the driver was not tested\n`)
  tally.failed += 1
}

async function runPytest(python, report, tally, env) {
  const code = await runAttached(
    [python, '-m', 'pytest', '-p', 'no:cacheprovider', `--junitxml=${report}`, 'tests'],
    { env, cwd: join(repositoryFolder, 'spark') },
  )
  const suite = existsSync(report) ? /<testsuite [^>]*>/.exec(readFileSync(report, 'utf8'))?.[0] : undefined
  if (suite === undefined) {
    tally.failed += 1
    return
  }
  const count = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const failed = count('failures') + count('errors') + count('skipped')
  tally.passed += count('tests') - failed
  tally.failed += failed
  if (code !== 0 && failed === 0) tally.failed += 1
}

function capture([program, ...args]) {
  const result = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (result.status !== 0)
    throw new StepError(`"${[program, ...args].join(' ')}" exited with ${result.status}`)
  return result.stdout
}
