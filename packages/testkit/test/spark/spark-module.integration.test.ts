import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runSparkModule, type SparkEvent } from '../../src/index.js'
import { probePrerequisites } from '../../src/toolchain/prerequisites.mjs'
import { expectGone } from '../processes.js'

let stateFolder: string
beforeAll(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'tidewater spark ä-'))
})
afterAll(() => rm(stateFolder, { recursive: true, force: true }))

const pythonPath = [join(import.meta.dirname, '..', 'fixtures', 'python')]

test('a module runs on the real Spark with its connectors, and its events arrive', async () => {
  const events: SparkEvent[] = []
  const run = await runSparkModule({
    module: 'testkit_fixture.count',
    args: ['--flag', 'a b'],
    stateFolder,
    cores: 1,
    driverMemoryMb: 600,
    pythonPath,
    // As a user's JVM: the serial collector keeps a part of the heap to itself.
    env: { ...process.env, TIDEWATER_JVM_OPTIONS: '' },
    onEvent: (event) => events.push(event),
  })
  const read: SparkEvent[] = []
  for await (const event of run.events) read.push(event)
  expect(await run.wait()).toEqual({ outcome: 'completed', exitCode: 0, signal: null })
  expect(read).toEqual(events)
  expect(events).toEqual([
    { event: 'started', spark: '3.5.7', arguments: ['--flag', 'a b'] },
    expect.objectContaining({ event: 'class', jar: 'iceberg-spark-runtime-3.5_2.12-1.10.1.jar' }),
    expect.objectContaining({ event: 'class', jar: 'spark-sql-kafka-0-10_2.12-3.5.7.jar' }),
    expect.objectContaining({ event: 'class', jar: 'spark-avro_2.12-3.5.7.jar' }),
    {
      event: 'counted',
      rows: 1000,
      heapBytes: 600 * 1024 * 1024,
      settings: {
        'spark.master': 'local[1]',
        'spark.driver.host': '127.0.0.1',
        'spark.sql.session.timeZone': 'UTC',
      },
    },
  ])
  // What is no event is not lost.
  expect(await readFile(run.logFile, 'utf8')).toContain('a stray line on standard output')
  expect(existsSync(join(pythonPath[0] ?? '', 'testkit_fixture', '__pycache__'))).toBe(false)
  await expectGone([run.pid])
})

test('stop lets Python end its query while its JVM still serves it', async () => {
  const events: SparkEvent[] = []
  const run = await runSparkModule({
    module: 'testkit_fixture.run_until_stopped',
    stateFolder,
    pythonPath,
    driverMemoryMb: 600,
    onEvent: (event) => {
      events.push(event)
      if (event.event === 'running') void run.stop()
    },
  })
  expect(await run.wait()).toEqual({ outcome: 'stopped', exitCode: 0, signal: null })
  const [running, stopped] = events
  expect(stopped).toEqual({ event: 'stopped', rowsAfterSignal: 7 })
  await expectGone([run.pid, Number(running?.jvmPid)])
})

test('kill ends Python and the JVM at once', async () => {
  const run = await runSparkModule({
    module: 'testkit_fixture.run_until_stopped',
    stateFolder,
    pythonPath,
    driverMemoryMb: 600,
  })
  const { value: running } = await run.events[Symbol.asyncIterator]().next()
  await run.kill()
  expect(await run.wait()).toEqual({ outcome: 'killed', exitCode: null, signal: 'SIGKILL' })
  await expectGone([run.pid, Number(running?.jvmPid)])
})

test("a failed event is the error's code, message, remedy and details", async () => {
  const run = await runSparkModule({
    module: 'testkit_fixture.fail',
    args: ['event'],
    stateFolder,
    pythonPath,
  })
  await expect(run.wait()).rejects.toMatchObject({
    code: 'TOPIC_NOT_FOUND',
    message: 'no topic flows',
    remedy: 'Create it.',
    details: { topic: 'flows', module: 'testkit_fixture.fail' },
  })
})

test('a failure without an event brings the end of the log', async () => {
  const run = await runSparkModule({
    module: 'testkit_fixture.fail',
    args: ['silently'],
    stateFolder,
    pythonPath,
  })
  await expect(run.wait()).rejects.toMatchObject({
    code: 'PROCESS_FAILED',
    message: expect.stringContaining('the reason is only in the log'),
    details: { exitCode: 1, logFile: run.logFile },
  })
})

test('an error of the callback stops the run and comes out of wait', async () => {
  const run = await runSparkModule({
    module: 'testkit_fixture.fail',
    args: ['event'],
    stateFolder,
    pythonPath,
    onEvent: () => {
      throw new RangeError('from the callback')
    },
  })
  await expect(run.wait()).rejects.toThrow('from the callback')
})

test('abort ends the run', async () => {
  const controller = new AbortController()
  const run = await runSparkModule({
    module: 'testkit_fixture.run_until_stopped',
    stateFolder,
    pythonPath,
    signal: controller.signal,
  })
  controller.abort()
  await expect(run.wait()).rejects.toMatchObject({ code: 'ABORTED' })
  await expectGone([run.pid])
  const late = runSparkModule({ module: 'testkit_fixture.fail', stateFolder, signal: controller.signal })
  await expect(late).rejects.toMatchObject({ code: 'ABORTED' })
})

test('a machine without Python is told so before anything starts', async () => {
  const { java } = await probePrerequisites(['java'])
  const path = join(stateFolder, 'bin')
  await mkdir(path)
  await symlink(await findOnPath(java?.command ?? 'java'), join(path, 'java'))
  const env = { ...process.env, PATH: path }
  const run = runSparkModule({ module: 'testkit_fixture.fail', stateFolder, env })
  await expect(run).rejects.toMatchObject({
    code: 'PREREQUISITE_MISSING',
    remedy: 'Install or update Python.',
  })
})

test('a state folder that is not writable is named', async () => {
  const below = join(import.meta.dirname, 'spark-module.integration.test.ts', 'state')
  await expect(runSparkModule({ module: 'testkit_fixture.fail', stateFolder: below })).rejects.toMatchObject({
    code: 'FOLDER_NOT_WRITABLE',
    details: { folder: below },
  })
})

async function findOnPath(command: string): Promise<string> {
  if (command.includes('/')) return command
  const folders = (process.env.PATH ?? '').split(':')
  const found = folders.map((folder) => join(folder, command)).find((file) => existsSync(file))
  if (found === undefined) throw new TypeError(`${command} is not on PATH`)
  return found
}
