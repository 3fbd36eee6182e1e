import { describe, expect, test } from 'vitest'
import { TidewaterError } from '../../../src/errors.js'
import type { DeliveredRange, FailedRange } from '../../../src/kafka/port.js'
import { checkDelivery, type LoggedRecord, type SentBatch } from './delivery-check.js'

const texts = ['a', 'b', 'c', 'd']

function sent(
  batch: readonly string[],
  delivered: readonly DeliveredRange[],
  failed: readonly FailedRange[] = [],
): SentBatch {
  return { report: { topic: 'topic', partition: 0, delivered, failed }, texts: batch }
}

function at(firstIndex: number, count: number, baseOffset: bigint | undefined, mayBeRepeated = false) {
  return { firstIndex, count, baseOffset, ...(mayBeRepeated ? { mayBeRepeated } : {}) }
}

function gaveUp(firstIndex: number, count: number, mayBeWritten: boolean): FailedRange {
  const error = new TidewaterError('DELIVERY_TIMEOUT', 'given up', { details: { mayBeWritten } })
  return { firstIndex, count, error }
}

function logOf(...logged: readonly string[]): Map<number, LoggedRecord[]> {
  return new Map([[0, logged.map((text, index) => ({ text, offset: BigInt(index) }))]])
}

const twoBatches = [sent(['a', 'b'], [at(0, 2, 0n)]), sent(['c', 'd'], [at(0, 2, 2n)])]

function kinds(batches: readonly SentBatch[], log: Map<number, LoggedRecord[]>): string[] {
  return checkDelivery(batches, log).anomalies.map(({ kind, text }) => `${kind} ${text}`)
}

describe('the check of reports against the log', () => {
  test('finds nothing where every record is once, in order and where its report says', () => {
    expect(checkDelivery(twoBatches, logOf(...texts))).toEqual({
      anomalies: [],
      delivered: 4,
      failed: 0,
      mayBeRepeated: 0,
    })
  })

  test('finds a write that was acknowledged and lost', () => {
    expect(kinds(twoBatches, logOf('a', 'b', 'c'))).toEqual(['lost d'])
    expect(kinds(twoBatches, new Map())).toEqual(texts.map((text) => `lost ${text}`))
  })

  test('finds a duplicate, of a record that failed too, unless its report says that it may be there twice', () => {
    expect(kinds(twoBatches, logOf(...texts, 'b'))).toEqual(['duplicated b'])
    const failed = sent(['c', 'd'], [], [gaveUp(0, 2, true)])
    expect(kinds([sent(['a', 'b'], [at(0, 2, 0n)]), failed], logOf(...texts, 'c'))).toEqual(['duplicated c'])
    const careful = [sent(['a', 'b'], [at(0, 2, 0n)]), sent(['c', 'd'], [at(0, 2, 4n, true)])]
    const check = checkDelivery(careful, logOf('a', 'b', 'c', 'd', 'c', 'd'))
    expect(check).toEqual({ anomalies: [], delivered: 4, failed: 0, mayBeRepeated: 2 })
  })

  test('finds a change of order, within a batch and between batches', () => {
    const swapped = [sent(['a', 'b'], [at(0, 2, 2n)]), sent(['c', 'd'], [at(0, 2, 0n)])]
    expect(kinds(swapped, logOf('c', 'd', 'a', 'b'))).toEqual(['reordered a', 'reordered b'])
    const within = [sent(texts, [at(0, 1, 0n), at(1, 1, 2n), at(2, 1, 1n), at(3, 1, 3n)])]
    expect(kinds(within, logOf('a', 'c', 'b', 'd'))).toEqual(['reordered b'])
  })

  test('finds a record that is not where its report says', () => {
    expect(kinds([sent(['a', 'b'], [at(0, 2, 1n)])], logOf('a', 'b'))).toEqual(['misplaced a', 'misplaced b'])
    expect(kinds([sent(['a'], [at(0, 1, undefined)])], logOf('a'))).toEqual(['misplaced a'])
  })

  test('finds what was written though its report rules it out', () => {
    const maybe = [sent(texts, [], [gaveUp(0, 2, true), gaveUp(2, 2, false)])]
    expect(kinds(maybe, logOf('a', 'c'))).toEqual(['written-after-all c'])
    expect(checkDelivery(maybe, logOf('a'))).toMatchObject({ anomalies: [], delivered: 0, failed: 4 })
  })

  test('finds a record without a report, with two, and one that nobody sent', () => {
    const partly = [sent(['a', 'b'], [at(0, 1, 0n)])]
    expect(kinds(partly, logOf('a'))).toEqual(['not-reported-once b'])
    const twice = [sent(['a'], [at(0, 1, 0n)], [gaveUp(0, 1, true)])]
    expect(kinds(twice, logOf('a'))).toEqual(['not-reported-once a'])
    expect(kinds(twoBatches, logOf(...texts, 'e'))).toEqual(['never-sent e'])
  })
})
