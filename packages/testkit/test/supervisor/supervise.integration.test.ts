import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endRecordedGroup } from '../../src/supervisor/process-group.js'
import { becomesReady } from '../../src/supervisor/ready.js'
import { supervise } from '../../src/supervisor/supervise.js'
import { expectGone } from '../processes.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-supervise-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Starts a Node.js program given as text. */
function startProgram(program: string, onStdoutLine?: (line: string) => void) {
  return supervise({
    name: 'Test program',
    command: process.execPath,
    args: ['-e', program],
    cwd: folder,
    env: process.env,
    logFile: join(folder, 'logs', 'program.log'),
    ...(onStdoutLine === undefined ? {} : { onStdoutLine }),
  })
}

const idle = 'setInterval(() => {}, 1000);'
const deaf = "process.on('SIGTERM', () => {});"
const withFollower = (program: string) =>
  `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(program)}], { stdio: 'ignore' });
   child.once('spawn', () => console.log(child.pid));`

function firstLine() {
  let resolveLine: (line: string) => void = () => {}
  const line = new Promise<string>((resolve) => {
    resolveLine = resolve
  })
  return { line, onStdoutLine: (text: string) => resolveLine(text) }
}

test('output goes to the log, and the exit code is told with its end', async () => {
  const program = await startProgram("console.log('said'); console.error('wrong'); process.exit(3)")
  expect(await program.ended).toEqual({ code: 3, signal: null })
  expect((await readFile(program.logFile, 'utf8')).trim().split('\n').sort()).toEqual(['said', 'wrong'])
  const failure = await program.failure('failed')
  expect(failure).toMatchObject({ code: 'PROCESS_FAILED', details: { exitCode: 3 } })
  expect(failure.message).toContain('wrong')
})

test('every line is there when the end is told', async () => {
  const lines: string[] = []
  const program = await startProgram("for (let i = 0; i < 20000; i++) console.log('line ' + i)", (line) =>
    lines.push(line),
  )
  await program.ended
  expect(lines).toHaveLength(20_000)
  expect(lines.at(-1)).toBe('line 19999')
})

test('a command that does not exist is a typed error', async () => {
  const start = supervise({
    name: 'Nothing',
    command: join(folder, 'absent'),
    args: [],
    cwd: folder,
    env: {},
    logFile: join(folder, 'x.log'),
  })
  await expect(start).rejects.toMatchObject({
    code: 'PROCESS_FAILED',
    details: { command: join(folder, 'absent') },
  })
})

test('stop is SIGTERM first', async () => {
  const { line, onStdoutLine } = firstLine()
  const program = await startProgram(
    `${idle} process.on('SIGTERM', () => process.exit(7)); console.log('up')`,
    onStdoutLine,
  )
  await line
  expect(await program.stop(10_000)).toBe('stopped')
  expect(program.exit()).toEqual({ code: 7, signal: null })
  expect(await program.stop(10_000)).toBe('stopped')
})

test('stop kills what does not listen', async () => {
  const { line, onStdoutLine } = firstLine()
  const program = await startProgram(`${idle} ${deaf} console.log('up')`, onStdoutLine)
  await line
  expect(await program.stop(100)).toBe('killed')
  expect(program.exit()).toEqual({ code: null, signal: 'SIGKILL' })
})

test('SIGTERM reaches the leader alone, and kill reaches the whole group', async () => {
  const gentle = firstLine()
  const leader = await startProgram(
    `${withFollower(idle)} process.on('SIGTERM', () => { child.kill('SIGKILL'); child.once('exit', (code, signal) => { console.error(signal); process.exit(0) }) })`,
    gentle.onStdoutLine,
  )
  await gentle.line
  expect(await leader.stop(10_000)).toBe('stopped')
  // Had SIGTERM reached the follower as well, it would have ended by that.
  expect((await readFile(leader.logFile, 'utf8')).trim()).toBe('SIGKILL')

  const crash = firstLine()
  const doomed = await startProgram(`${withFollower(idle + deaf)} ${idle}`, crash.onStdoutLine)
  const follower = Number(await crash.line)
  await doomed.kill()
  await expectGone([doomed.pid, follower])
})

test('a follower that outlives its leader is ended before the end is told', async () => {
  const { line, onStdoutLine } = firstLine()
  const program = await startProgram(
    `${withFollower(idle + deaf)} child.once('spawn', () => process.exit(0)); child.unref()`,
    onStdoutLine,
  )
  const follower = Number(await line)
  await program.ended
  await expectGone([follower])
})

test('a process that ends before it is ready fails with its log, one that never is with a time-out', async () => {
  const refuse = () => Promise.reject(new TypeError('not yet'))
  const short = await startProgram("console.error('no such option'); process.exit(1)")
  await expect(becomesReady(short, refuse, { timeoutMs: 20_000 })).rejects.toMatchObject({
    code: 'PROCESS_FAILED',
    message: expect.stringContaining('no such option'),
  })
  const silent = await startProgram(idle)
  await expect(becomesReady(silent, refuse, { timeoutMs: 100 })).rejects.toMatchObject({
    code: 'PROCESS_START_TIMEOUT',
    message: expect.stringContaining('not yet'),
  })
  await expectGone([silent.pid])
  const aborted = await startProgram(idle)
  const signal = AbortSignal.abort()
  await expect(becomesReady(aborted, refuse, { timeoutMs: 20_000, signal })).rejects.toMatchObject({
    code: 'ABORTED',
  })
  await expectGone([aborted.pid])
})

test('a recorded process is ended by its identity, and by nothing less', async () => {
  const program = await startProgram(idle)
  const imposter = { ...program.identity, startedAt: 'another time' }
  expect(await endRecordedGroup(imposter, 1_000)).toBe('gone')
  expect(program.exit()).toBeUndefined()
  expect(await endRecordedGroup(program.identity, 10_000)).toBe('stopped')
  expect(await program.ended).toEqual({ code: null, signal: 'SIGTERM' })
})
