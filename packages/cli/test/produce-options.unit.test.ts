import { TidewaterError } from '@tidewater/core'
import { describe, expect, test } from 'vitest'
import {
  pacingDelayMs,
  parseProduceOptions,
  recordsPerSlice,
  totalRecords,
} from '../src/produce/produce-options.js'

const minimal = { topicName: 'flows', broker: '127.0.0.1:9092' }

describe('options of tidewater produce', () => {
  test("the run book's arguments have defaults", () => {
    expect(parseProduceOptions(minimal)).toEqual({
      ...minimal,
      cycle: 1,
      count: 1_000,
      clientId: 'tidewater-produce',
      driver: 'native',
      seed: 1,
      firstSequenceNumber: 1,
      workers: 1,
      dryRun: false,
      json: false,
    })
  })

  test.each([
    ['no topic', { topicName: undefined }, /topicName/],
    ['zero cycles', { cycle: 0 }, /cycle: must be at least 1, or -1 to go on until stopped, got 0/],
    ['fewer than -1 cycles', { cycle: -2 }, /cycle.*-2/],
    ['no records', { count: 0 }, /count.*got 0/],
    ['an unknown option', { cycles: 3 }, /cycles/],
  ])('%s is wrong usage and is named', (_, changes, message) => {
    let thrown: unknown
    try {
      parseProduceOptions({ ...minimal, ...changes })
    } catch (error) {
      thrown = error
    }
    expect(TidewaterError.isInstance(thrown) && thrown.code).toBe('USAGE')
    expect(String(thrown)).toMatch(message)
  })

  test('cycles times count is the total; -1 has none', () => {
    expect(totalRecords({ cycle: 3, count: 200 })).toBe(600)
    expect(totalRecords({ cycle: -1, count: 200 })).toBeUndefined()
  })
})

describe('pacing', () => {
  test('waits until the rate allows what was written', () => {
    expect(pacingDelayMs(500, 100, 1_000)).toBe(400)
    expect(pacingDelayMs(500, 900, 1_000)).toBe(0)
    expect(pacingDelayMs(500, 0, undefined)).toBe(0)
  })

  test('slices are small when the rate is', () => {
    expect(recordsPerSlice(undefined)).toBe(2_000)
    expect(recordsPerSlice(1_000_000)).toBe(2_000)
    expect(recordsPerSlice(500)).toBe(10)
    expect(recordsPerSlice(1)).toBe(1)
  })
})
