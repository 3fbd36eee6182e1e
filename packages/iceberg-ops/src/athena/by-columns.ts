import type { RewriteDataFiles } from '../statement/operation.js'
import { columnsOf, type Predicate } from '../statement/predicate.js'

/**
 * A rewrite as statements that Athena can plan. It selects partitions by a set of values for each column by itself: `(a = 1 AND
 * b = 2) OR (a = 3 AND b = 4)` is no such thing and is refused as a filter on rows (Trino, DomainTranslator: a disjunction becomes
 * domains where its terms differ in one column). So parts that differ in one column are put together, by the column that leaves
 * the fewest statements; together they select what the rewrite does, each partition once.
 */
export function rewritesByColumns(operation: RewriteDataFiles): RewriteDataFiles[] {
  const { where } = operation
  if (where === undefined || !('or' in where)) return [operation]
  const parts = where.or.map(byColumn)
  const columns = columnsOf(where)
  if (columns.length === 1 || parts.some((part) => part === undefined)) return [operation]
  const groupings = columns.map((column) => grouped(parts as ByColumn[], column))
  const fewest = groupings.reduce((best, one) => (one.size < best.size ? one : best))
  return [...fewest.values()].map(({ shared, differing }) => ({
    ...operation,
    where: all([...shared, ...(differing.length === 0 ? [] : [any(differing)])]),
  }))
}

/** The terms of one part, each about its column; undefined when a term is about several. */
type ByColumn = ReadonlyMap<string, Predicate>

function byColumn(part: Predicate): ByColumn | undefined {
  const terms = 'and' in part ? part.and : [part]
  const found = new Map<string, Predicate>()
  for (const term of terms) {
    const [column, ...others] = columnsOf(term)
    if (column === undefined || others.length > 0) return undefined
    const before = found.get(column)
    found.set(column, before === undefined ? term : { and: [before, term] })
  }
  return found
}

interface Group {
  readonly shared: readonly Predicate[]
  readonly differing: Predicate[]
}

/** The parts by what they say of every other column, and whether they say anything of this one. */
function grouped(parts: readonly ByColumn[], column: string): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const part of parts) {
    const others = [...part].filter(([name]) => name !== column)
    const own = part.get(column)
    const key = keyOf([own !== undefined, others.sort(([one], [other]) => (one < other ? -1 : 1))])
    const group = groups.get(key) ?? { shared: others.map(([, term]) => term), differing: [] }
    if (own !== undefined) group.differing.push(own)
    groups.set(key, group)
  }
  return groups
}

function keyOf(value: unknown): string {
  return JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}n` : one))
}

function all([first, ...rest]: readonly Predicate[]): Predicate {
  return rest.length === 0 ? (first as Predicate) : { and: [first as Predicate, ...rest] }
}

function any([first, ...rest]: readonly Predicate[]): Predicate {
  return rest.length === 0 ? (first as Predicate) : { or: [first as Predicate, ...rest] }
}

/** The rewrite in two, by what its predicate lists; undefined when that is one thing. */
export function halvesOf(operation: RewriteDataFiles): [RewriteDataFiles, RewriteDataFiles] | undefined {
  const { where } = operation
  if (where === undefined) return undefined
  const halves = halved(where)
  return (
    halves && [
      { ...operation, where: halves[0] },
      { ...operation, where: halves[1] },
    ]
  )
}

function halved(where: Predicate): [Predicate, Predicate] | undefined {
  if ('or' in where && where.or.length > 1) {
    const middle = Math.ceil(where.or.length / 2)
    return [any(where.or.slice(0, middle)), any(where.or.slice(middle))]
  }
  if (!('and' in where)) return undefined
  const at = where.and.findIndex((term) => 'or' in term && term.or.length > 1)
  const halves = at < 0 ? undefined : halved(where.and[at] as Predicate)
  return halves && [all(where.and.with(at, halves[0])), all(where.and.with(at, halves[1]))]
}
