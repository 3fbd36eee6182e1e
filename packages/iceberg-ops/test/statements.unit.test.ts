import { describe, expect, it } from 'vitest'
import { identityStatement, landedStatement, quoteSparkIdentifier, quoteSparkTable } from '../src/index.js'

const table = { catalog: 'c', namespace: 'a.b', name: 't' }

describe('quoting', () => {
  it('doubles a back quote, so that no name can end the identifier', () => {
    expect(quoteSparkIdentifier('t` ; DROP TABLE x')).toBe('`t`` ; DROP TABLE x`')
  })

  it.each(['', 'a\nb', 'a\u0000b'])('refuses %j', (name) => {
    expect(() => quoteSparkIdentifier(name)).toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('quotes each level of a namespace', () => {
    expect(quoteSparkTable(table, 'files')).toBe('`c`.`a`.`b`.`t`.`files`')
  })
})

describe('statements', () => {
  it('counts both tables where there are dead letters, and of those only the topic', () => {
    const sql = landedStatement({ topic: "it's", table, deadLetterTable: { ...table, name: 'dead' } }, [])
    expect(sql).toContain(
      "FROM `c`.`a`.`b`.`t` UNION ALL SELECT _kafka_partition AS p, _kafka_offset AS o, true AS dead FROM `c`.`a`.`b`.`dead` WHERE topic = 'it\\'s'",
    )
  })

  it('leaves out what the stream wrote after the ranges were read', () => {
    const sql = landedStatement({ topic: 'x', table }, [
      { partition: 0, earliest: 0n, latest: 7n },
      { partition: 1, earliest: 2n, latest: 9n },
    ])
    expect(sql).toContain('WHERE CASE p WHEN 0 THEN o < 7 WHEN 1 THEN o < 9 ELSE true END GROUP BY p')
  })

  it('quotes the identity columns, and counts rows in which one of them is null', () => {
    expect(identityStatement(table, ['writer', 'seq`no'])).toBe(
      'SELECT count(*) AS rows, count(DISTINCT struct(`writer`, `seq``no`)) AS identities FROM `c`.`a`.`b`.`t`',
    )
  })
})
