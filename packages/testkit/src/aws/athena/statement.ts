import { MaintenanceParser, type MaintenanceStatement } from './maintenance-parser.js'
import { toSparkCreateTable, toSparkDdl, toSparkSelect } from './spark-sql.js'
import { mismatch, type SqlToken, type SyntaxProblem, sqlTokens } from './sql-tokens.js'

interface StatementKind {
  /** As GetQueryExecution has them. */
  readonly statementType: 'DDL' | 'DML' | 'UTILITY'
  readonly substatementType: string
}

/** What a query asks for, and how Spark is asked for it. */
export type Statement =
  | MaintenanceStatement
  | (StatementKind & {
      readonly act: 'sql'
      readonly sql: string
      /** A header goes before the rows of what selects, and not of what shows. */
      readonly rows: 'with-header' | 'without-header' | 'none'
    })

/**
 * Reads as much of a statement as Athena says otherwise than Spark. The rest is read by Spark, when the query runs.
 *
 * @param database of the query
 */
export function parseStatement(sql: string, database?: string): Statement | SyntaxProblem {
  const all = withoutSemicolon(sqlTokens(sql))
  const [first, second] = all.filter(({ kind }) => kind !== 'blank')
  if (first === undefined) return mismatch(sql, undefined)
  const word = first.value.toUpperCase()
  const rest = all.slice(all.indexOf(first))
  switch (word) {
    case 'OPTIMIZE':
    case 'VACUUM':
      return new MaintenanceParser(sql, all).parse(word)
    case 'SELECT':
    case 'WITH':
    case 'VALUES':
    case '(':
      return { act: 'sql', ...dml('SELECT'), sql: toSparkSelect(rest, database), rows: 'with-header' }
    case 'INSERT':
    case 'DELETE':
    case 'UPDATE':
    case 'MERGE':
      return { act: 'sql', ...dml(word), sql: toSparkSelect(rest, database), rows: 'none' }
    case 'EXPLAIN':
      return { act: 'sql', ...utility(word), sql: toSparkSelect(rest, database), rows: 'without-header' }
    case 'SHOW':
    case 'DESCRIBE':
      return { act: 'sql', ...utility(word), sql: toSparkDdl(rest), rows: 'without-header' }
    case 'CREATE':
    case 'ALTER':
    case 'DROP': {
      const what = second?.value.toUpperCase() ?? ''
      const created = word === 'CREATE' && what === 'TABLE' ? toSparkCreateTable(rest) : undefined
      const kind = { statementType: 'DDL', substatementType: `${word}_${what}` } as const
      return { act: 'sql', ...kind, sql: created ?? toSparkDdl(rest), rows: 'none' }
    }
    default:
      return mismatch(sql, first)
  }
}

function dml(substatementType: string): StatementKind {
  return { statementType: 'DML', substatementType }
}

function utility(substatementType: string): StatementKind {
  return { statementType: 'UTILITY', substatementType }
}

function withoutSemicolon(tokens: readonly SqlToken[]): readonly SqlToken[] {
  const last = tokens.filter(({ kind }) => kind !== 'blank').at(-1)
  return last?.raw === ';' ? tokens.slice(0, tokens.indexOf(last)) : tokens
}
