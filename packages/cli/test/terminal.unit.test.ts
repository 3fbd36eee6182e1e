import { TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import { bar, bytes, count, seconds, table } from '../src/terminal/format.js'
import { runStage, startStage } from '../src/terminal/progress.js'
import { reportError, stringify } from '../src/terminal/report-error.js'
import { fakeIo } from './fake-io.js'

describe('format', () => {
  it('draws a bar that is never longer than its width', () => {
    expect(bar(0.5, 4)).toBe('[##--]')
    expect(bar(7, 4)).toBe('[####]')
    expect(bar(-1, 4)).toBe('[----]')
  })

  it('writes counts, bytes and seconds for people', () => {
    expect(count(1234567n)).toBe('1,234,567')
    expect(bytes(1536)).toBe('1.5 KiB')
    expect(bytes(12)).toBe('12 B')
    expect(seconds(9.96)).toBe('10.0 s')
    expect(seconds(184)).toBe('3 min 04 s')
  })

  it('aligns numbers to the right and words to the left', () => {
    expect(
      table(
        ['name', 'rows'],
        [
          ['a', '5'],
          ['long', '1,000'],
        ],
      ),
    ).toBe('  name   rows\n  a         5\n  long  1,000\n')
  })
})

describe('stages', () => {
  it('prints plain lines into a pipe: one at the start, one at the end', async () => {
    const io = fakeIo()
    await runStage(
      io,
      'Work',
      async (stage) => stage.update(1, 2),
      () => 'all of it',
    )
    expect(io.err()).toBe('Work ...\nWork: all of it (0.0 s)\n')
  })

  it('prints progress into a pipe only every few seconds', () => {
    let nowMs = 0
    const io = fakeIo({ now: () => nowMs })
    const stage = startStage(io, 'Work')
    for (nowMs = 0; nowMs <= 6_000; nowMs += 10) stage.update(nowMs, 12_000, 'records')
    stage.finish('done')
    const lines = io.err().trimEnd().split('\n')
    expect(lines).toEqual([
      'Work ...',
      'Work  [##########--------------]  42 %  5,000 of 12,000 records  5.0 s',
      'Work: done (6.0 s)',
    ])
  })

  it('draws over one line on a terminal, cut to its width', () => {
    let nowMs = 0
    const io = fakeIo({ isTty: true, now: () => nowMs })
    const stage = startStage(io, 'Work')
    nowMs = 200
    stage.update(1, 2, 'x'.repeat(100))
    stage.finish('done')
    expect(
      io
        .err()
        .split('\r\x1b[2K')
        .every((line) => line.length < 60),
    ).toBe(true)
    expect(io.err().split('\n')).toHaveLength(2)
  })

  it('says that a stage failed and passes the error on', async () => {
    const io = fakeIo()
    const error = new TidewaterError('JOB_FAILED', 'no')
    await expect(
      runStage(
        io,
        'Work',
        () => Promise.reject(error),
        () => '',
      ),
    ).rejects.toBe(error)
    expect(io.err()).toContain('Work: failed after')
  })
})

describe('reportError', () => {
  it('prints code, cause and remedy; wrong input exits with 2', () => {
    const io = fakeIo()
    const error = new TidewaterError('CONFIG_INVALID', 'records: must be at least 0, got -1', {
      remedy: 'Correct records.',
      cause: new Error('deeper'),
    })
    expect(reportError(io, error)).toBe(2)
    expect(io.err()).toBe(
      'error CONFIG_INVALID: records: must be at least 0, got -1\n  cause: deeper\n  remedy: Correct records.\n',
    )
  })

  it('exits with 1 for a failure and shows where an unforeseen one came from', () => {
    const io = fakeIo()
    expect(reportError(io, new TidewaterError('JOB_FAILED', 'no'))).toBe(1)
    expect(reportError(io, new TypeError('oops'))).toBe(1)
    expect(io.err()).toContain('terminal.unit.test')
  })

  it('exits with 130 after Ctrl-C, and still says what failed', () => {
    const io = fakeIo()
    io.abort()
    expect(reportError(io, new TidewaterError('ABORTED', 'aborted'))).toBe(130)
    expect(io.err()).toBe('Interrupted.\n')
    expect(reportError(io, new TidewaterError('DELIVERY_FAILED', '5 records were not delivered'))).toBe(130)
    expect(io.err()).toContain('error DELIVERY_FAILED: 5 records were not delivered')
  })
})

describe('stringify', () => {
  it('writes 64-bit integers as numbers while JSON can hold them, else as strings', () => {
    expect(JSON.parse(stringify({ a: 5n, b: 2n ** 60n }))).toEqual({ a: 5, b: '1152921504606846976' })
  })
})
