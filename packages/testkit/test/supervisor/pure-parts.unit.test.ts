import { PassThrough } from 'node:stream'
import { identifyProcess, isRunning, startFromStat } from '@tidewater/core/processes'
import { expect, test } from 'vitest'
import { forEachLine } from '../../src/supervisor/lines.js'
import { tailOf } from '../../src/supervisor/log-tail.js'
import { processFailure } from '../../src/supervisor/supervise.js'

const statWith = (state: string, startTicks: string) =>
  `4242 (a (b) c) ${state} 1 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ${startTicks} 100 200`

test('the start is read past a command with blanks and parentheses', () => {
  expect(startFromStat(statWith('S', '987654'), 'boot')).toBe('boot:987654')
})

test('a zombie does not run', () => {
  expect(startFromStat(statWith('Z', '987654'), 'boot')).toBeUndefined()
})

test('this process is itself, and not one that had its pid before', async () => {
  const self = await identifyProcess(process.pid)
  expect(self).toBeDefined()
  if (self === undefined) return
  expect(await isRunning(self)).toBe(true)
  expect(await isRunning({ ...self, startedAt: `${self.startedAt}0` })).toBe(false)
})

test('lines are whole whatever the chunks, the last one without its end as well', async () => {
  const stream = new PassThrough()
  const lines: string[] = []
  forEachLine(stream, (line) => lines.push(line))
  const ended = new Promise((resolve) => stream.once('end', resolve))
  for (const byte of Buffer.from('one\r\ntwö\n\nlast')) stream.write(Buffer.of(byte))
  stream.end()
  await ended
  expect(lines.filter((line) => line !== '')).toEqual(['one', 'twö', 'last'])
})

test('the tail drops a first line that was cut', () => {
  expect(tailOf('ut\nb\nc\n', 10, true)).toBe('b\nc')
  expect(tailOf('a\nb\nc\n', 2)).toBe('b\nc')
})

test('errors further up are shown before the tail', () => {
  const shutdown = Array.from({ length: 40 }, (_, index) => `INFO closed ${index}`)
  const text = ['INFO started', 'ERROR the cause', ...shutdown].join('\n')
  expect(tailOf(text, 2)).toBe('ERROR the cause\n[...]\nINFO closed 38\nINFO closed 39')
})

test('a failure tells how it ended, the end of the log and where the whole log is', () => {
  const spec = { name: 'Kafka broker', logFile: '/s/broker.log' }
  const error = processFailure(spec, 'ended', { code: null, signal: 'SIGKILL' }, 'last line')
  expect(error).toMatchObject({
    code: 'PROCESS_FAILED',
    message: 'Kafka broker ended (ended by SIGKILL). The end of its log:\nlast line',
    remedy: 'Read the whole log: /s/broker.log',
  })
  expect(processFailure(spec, 'ended', { code: 3, signal: null }, '').message).toContain('(exit code 3)')
})
