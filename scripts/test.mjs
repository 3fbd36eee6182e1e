// npm test: everything that can be tested, set-up included. `npm test -- --unit` is the fast part: no Kafka, no Spark.
// Its last line is `N passed, N failed`; a part that could not run counts as one failure.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { ensureConfluentDriver } from './confluent-driver.mjs'
import { setUp } from './setup.mjs'
import {
  cli,
  repositoryFolder,
  runAside,
  runAttached,
  runCaptured,
  runCleanup,
  runMain,
  StepError,
  throwIfInterrupted,
} from './step.mjs'

const vitest = [process.execPath, join(repositoryFolder, 'node_modules', 'vitest', 'vitest.mjs'), 'run']

await runMain(async () => {
  const unknown = process.argv.slice(2).filter((argument) => argument !== '--unit')
  if (unknown.length > 0)
    throw new StepError(`Unknown argument ${unknown[0]}. Known: --unit (the fast part).`)
  const unitOnly = process.argv.includes('--unit')
  const tally = { passed: 0, failed: 0 }
  await setUp({ needs: unitOnly ? ['node'] : ['node', 'java', 'maven', 'python'], build: !unitOnly })
  const reports = mkdtempSync(join(tmpdir(), 'tidewater-test-'))
  try {
    await runVitest(['unit', 'property'], join(reports, 'fast.json'), tally, {}, ['--maxWorkers=100%'])
    if (!unitOnly) await counted(tally, () => runAgainstRealParts(reports, tally))
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
  throwIfInterrupted()
  process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed\n`)
  return tally.failed === 0 ? 0 : 1
})

/** Runs a part of the tests; when it can't run, says so and counts a failure, so that the rest still runs. */
async function counted(tally, part) {
  try {
    throwIfInterrupted()
    return await part()
  } catch (error) {
    process.stderr.write(`\n${error instanceof StepError ? error.message : error.stack}\n`)
    tally.failed += 1
    return undefined
  }
}

async function runAgainstRealParts(reports, tally) {
  // Without the driver its own tests fail; the others are worth running all the same.
  await counted(tally, () => ensureConfluentDriver())
  const toolchain = JSON.parse(await runCaptured([...cli, 'local', 'install', '--iam', '--aws', '--json']))
  await withStack(join(reports, 'stack'), [], async (stack) => {
    const env = {
      TIDEWATER_BOOTSTRAP_BROKERS: stack.bootstrapBrokers,
      TIDEWATER_SPARK_JARS: [toolchain.sparkJarsFolder, toolchain.sparkDecoderJarsFolder].join(delimiter),
      TIDEWATER_SPARK_CONF_FOLDER: toolchain.sparkClasses.confFolder,
      ...(toolchain.sparkClasses.archiveFile === undefined
        ? {}
        : { TIDEWATER_SPARK_ARCHIVE: toolchain.sparkClasses.archiveFile }),
      PYTHONPATH: join(repositoryFolder, 'spark'),
      PYTHONDONTWRITEBYTECODE: '1',
    }
    process.stdout.write(
      '\nThe tests in Java and Python run beside these; what they say comes in one piece when they end.\n',
    )
    // Side by side: both spend most of their time waiting for JVMs to start and for timers of Kafka and Spark.
    const python = counted(tally, async () => {
      const testkitJava = join('packages', 'testkit', 'java')
      await counted(tally, () =>
        runJUnit("The broker plugin's own tests", join(testkitJava, 'msk-iam-broker'), tally),
      )
      await counted(tally, () => runJUnit("The Avro decoder's own tests", join('spark', 'jvm'), tally))
      await withIamStack(join(reports, 'iam-stack'), (iamEnv) =>
        runPytest(toolchain.python, join(reports, 'pytest.xml'), tally, { ...env, ...iamEnv }),
      )
    })
    await counted(tally, async () => {
      // A third file at a time where there are two cores: much of each is waiting for a session's end or a time-out.
      const report = join(reports, 'integration.json')
      const files = await runVitest(['integration'], report, tally, env, ['--maxWorkers=3'])
      // A driver whose tests silently did not run would look green.
      for (const driver of ['native', 'kafkajs', 'confluent'])
        requireTests(files, `${driver}.integration.test.ts`, tally)
    })
    await python
  })
}

/** Works beside a local stack, which is taken down whatever happened. */
async function withStack(stateFolder, flags, work) {
  try {
    const up = ['local', 'up', ...flags, '--json', '--state-folder', stateFolder]
    await work(JSON.parse(await runCaptured([...cli, ...up])))
  } finally {
    await runCleanup([...cli, 'local', 'down', '--state-folder', stateFolder])
  }
}

/** A broker with IAM for pytest alone: its tests rewrite who may do what. */
function withIamStack(stateFolder, work) {
  return withStack(stateFolder, ['--iam'], ({ iam }) => {
    const passwordFile = join(stateFolder, 'iam', 'trust-store-password')
    writeFileSync(passwordFile, iam.trustStorePassword, { mode: 0o600 })
    return work({
      TIDEWATER_IAM_BOOTSTRAP_BROKERS: iam.bootstrapBrokers,
      TIDEWATER_IAM_REGION: iam.region,
      TIDEWATER_IAM_TRUST_STORE: iam.trustStoreFile,
      TIDEWATER_IAM_TRUST_STORE_PASSWORD_FILE: passwordFile,
      TIDEWATER_IAM_ACCESS_KEY_ID: iam.accessKeyId,
      TIDEWATER_IAM_SECRET_ACCESS_KEY: iam.secretAccessKey,
      TIDEWATER_IAM_CONFIG_FILE: join(stateFolder, 'iam', 'iam.json'),
    })
  })
}

async function runJUnit(title, module, tally) {
  const pom = join(repositoryFolder, module, 'pom.xml')
  const { code, output } = await runAside([
    'mvn',
    '--batch-mode',
    '-Dstyle.color=never',
    '--file',
    pom,
    'test',
  ])
  const summary = /^\[\w+\] Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)$/m.exec(output)
  process.stdout.write(`\n== ${title} (JUnit)\n${summary?.[0] ?? output}\n`)
  if (summary === null) throw new StepError(`mvn test ended with ${code} and ran no test`)
  const [run, ...others] = summary.slice(1).map(Number)
  const failed = others.reduce((sum, one) => sum + one, 0)
  if (failed > 0) process.stdout.write(output)
  tally.passed += run - failed
  tally.failed += failed
  if (code !== 0 && failed === 0) tally.failed += 1
}

async function runVitest(projects, report, tally, env = {}, options = []) {
  const selection = projects.flatMap((project) => ['--project', project])
  const output = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await runAttached([...vitest, ...selection, ...output, ...options], { env })
  throwIfInterrupted()
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
  const { code, output } = await runAside(
    [python, '-m', 'pytest', '-p', 'no:cacheprovider', `--junitxml=${report}`, 'tests'],
    { env, cwd: join(repositoryFolder, 'spark') },
  )
  process.stdout.write(`\n== The Spark modules' own tests (pytest)\n${output}`)
  const suite = existsSync(report) ? /<testsuite [^>]*>/.exec(readFileSync(report, 'utf8'))?.[0] : undefined
  if (suite === undefined) throw new StepError(`pytest ended with ${code} and left no report`)
  const count = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const failed = count('failures') + count('errors') + count('skipped')
  tally.passed += count('tests') - failed
  tally.failed += failed
  if (code !== 0 && failed === 0) tally.failed += 1
}
