// Whatever names and values are, they stay names and values: the words between them are those of harmless ones.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { athenaStatement, type Predicate, sparkStatement, type TableOperation } from '../src/index.js'

const nasty = fc.stringMatching(/^[ -~äλ]{1,12}$/).map((text) => text.replaceAll('\u007f', ''))
const spiked = fc.oneof(
  nasty,
  fc.constantFrom("'", '"', '`', '\\', "\\'", "''", '``', '--', '/*', ';', "');"),
)
const name = fc.array(spiked, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''))

const { tree } = fc.letrec<{ tree: Predicate }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.record({
      column: name,
      is: fc.constantFrom('=' as const, '<>' as const, '<=' as const),
      value: fc.oneof(name, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.boolean()),
    }),
    fc.record({
      column: name,
      is: fc.constant('in' as const),
      values: fc.array(name, { minLength: 1, maxLength: 3 }) as fc.Arbitrary<[string, ...string[]]>,
    }),
    fc.record({ not: tie('tree') }),
    fc.record({ and: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) as fc.Arbitrary<[Predicate]> }),
  ),
}))

/** The same tree with harmless names and values. */
function tamed(predicate: Predicate): Predicate {
  if ('and' in predicate) return { and: predicate.and.map(tamed) as [Predicate] }
  if ('or' in predicate) return { or: predicate.or.map(tamed) as [Predicate] }
  if ('not' in predicate) return { not: tamed(predicate.not) }
  const column = 'c'
  if ('values' in predicate) return { column, is: 'in', values: predicate.values.map(() => 'v') as [string] }
  if (!('value' in predicate)) return { ...predicate, column }
  return { ...predicate, column, value: typeof predicate.value === 'string' ? 'v' : predicate.value }
}

/** The SQL with each text and each quoted name replaced by its quote, and the texts as the engine's lexer reads them. */
function lexed(sql: string, escapes: 'backslash' | 'doubling') {
  const texts: string[] = []
  let words = ''
  for (let at = 0; at < sql.length; at++) {
    const quote = sql[at] as string
    if (!`'"\``.includes(quote)) {
      words += quote
      continue
    }
    let text = ''
    for (at++; ; at++) {
      if (at >= sql.length) throw new Error(`unterminated ${quote} in ${sql}`)
      if (escapes === 'backslash' && quote === "'" && sql[at] === '\\') text += sql[++at]
      else if (sql[at] !== quote) text += sql[at]
      else if ((quote !== "'" || escapes === 'doubling') && sql[at + 1] === quote) text += sql[at++]
      else break
    }
    words += quote
    if (quote === "'") texts.push(text)
  }
  return { words, texts }
}

const rewrite = (where: Predicate): TableOperation => ({ operation: 'rewrite_data_files', where })

test('in Spark, in the statement and in the predicate that the procedure parses', () => {
  fc.assert(
    fc.property(tree, name, name, (where, catalog, table) => {
      const harmless = { catalog: 'c', namespace: 'n', name: 't' }
      const whole = lexed(
        sparkStatement(rewrite(where), { catalog, namespace: 'n', name: table }, '1.10.1'),
        'backslash',
      )
      const plain = lexed(sparkStatement(rewrite(tamed(where)), harmless, '1.10.1'), 'backslash')
      expect(whole.words).toBe(plain.words)
      const [inProcedure, inTamed] = [whole, plain].map(
        ({ texts }) => lexed(texts[1] ?? '', 'backslash').words,
      )
      expect(inProcedure).toBe(inTamed)
      const named = lexed(whole.texts[0] ?? '', 'backslash').words
      expect(named).toBe(lexed(plain.texts[0] ?? '', 'backslash').words)
    }),
    { numRuns: 2_000 },
  )
})

test('in Athena', () => {
  fc.assert(
    fc.property(tree, (where) => {
      const table = { database: 'd', name: 't' }
      const words = (predicate: Predicate) =>
        lexed(athenaStatement(rewrite(predicate), table), 'doubling').words
      expect(words(where)).toBe(words(tamed(where)))
    }),
    { numRuns: 2_000 },
  )
})
