import fc from 'fast-check'
import { expect, it } from 'vitest'
import { halvesOf, rewritesByColumns } from '../../src/athena/by-columns.js'
import { columnsOf, type Predicate } from '../../src/index.js'

type Row = Readonly<Record<string, number>>

/** Partitions of up to three columns; a column that is left out is one that an earlier spec lacks. */
const partition = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 3 }), {
  minKeys: 1,
  noNullPrototype: true,
})
const partitions = fc.uniqueArray(partition, {
  minLength: 1,
  maxLength: 20,
  selector: (one) => JSON.stringify(Object.entries(one).sort()),
})

function selecting(row: Row): Predicate {
  const [first, ...rest] = Object.entries(row).map(
    ([column, value]): Predicate => ({ column, is: '=', value }),
  )
  return rest.length === 0 ? (first as Predicate) : { and: [first as Predicate, ...rest] }
}

function holds(predicate: Predicate, row: Row): boolean {
  if ('and' in predicate) return predicate.and.every((one) => holds(one, row))
  if ('or' in predicate) return predicate.or.some((one) => holds(one, row))
  return 'value' in predicate && row[predicate.column] === predicate.value
}

/** A set of values for each column by itself: what is under an OR is about one column. */
function isByColumn(predicate: Predicate): boolean {
  if ('and' in predicate) return predicate.and.every(isByColumn)
  return !('or' in predicate) || columnsOf(predicate).length === 1
}

const rewriteOf = (rows: readonly Row[]) => {
  const [first, ...rest] = rows.map(selecting)
  const where = rest.length === 0 ? (first as Predicate) : { or: [first as Predicate, ...rest] as const }
  return { operation: 'rewrite_data_files', where } as const
}

const whole: Row[] = [0, 1, 2, 3].flatMap((a) =>
  [0, 1, 2, 3].flatMap((b) => [0, 1, 2, 3].map((c) => ({ a, b, c }))),
)

it('selects what the rewrite does, by values of each column by itself', () => {
  fc.assert(
    fc.property(partitions, (rows) => {
      const rewrite = rewriteOf(rows)
      const wheres = rewritesByColumns(rewrite).map(({ where }) => where as Predicate)
      expect(wheres.filter((where) => !isByColumn(where))).toEqual([])
      for (const row of whole) {
        expect(wheres.some((where) => holds(where, row))).toBe(holds(rewrite.where, row))
      }
    }),
  )
})

it('selects a partition of all columns once, however often it is halved', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...whole), { minLength: 1, maxLength: 20 }), (rows) => {
      const queue = rewritesByColumns(rewriteOf(rows))
      const single: Predicate[] = []
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const halves = halvesOf(next)
        if (halves === undefined) single.push(next.where as Predicate)
        else queue.push(...halves)
      }
      expect(single).toHaveLength(rows.length)
      for (const row of rows) expect(single.filter((where) => holds(where, row))).toHaveLength(1)
    }),
  )
})

it('puts parts together by the column that leaves the fewest statements', () => {
  const rows = [1, 2, 3].flatMap((a) => [0, 1].map((b) => ({ a, b })))
  expect(rewritesByColumns(rewriteOf(rows)).map(({ where }) => where)).toMatchObject([
    { and: [{ column: 'b', value: 0 }, { or: [{ value: 1 }, { value: 2 }, { value: 3 }] }] },
    { and: [{ column: 'b', value: 1 }, { or: [{ value: 1 }, { value: 2 }, { value: 3 }] }] },
  ])
})
