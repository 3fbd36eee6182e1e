import { toSparkSql } from './spark-sql.js'
import { mismatch, type SqlToken, type SyntaxProblem } from './sql-tokens.js'

/** A table in Glue; without a database it is in that of the query. */
interface StatementTable {
  readonly database: string | undefined
  readonly name: string
}

/** What Athena has statements for and Spark has none. */
export type MaintenanceStatement = {
  readonly statementType: 'DML'
  readonly substatementType: 'OPTIMIZE' | 'VACUUM'
  readonly table: StatementTable
} & ({ readonly act: 'optimize'; readonly where: string | undefined } | { readonly act: 'vacuum' })

/**
 * Reads `OPTIMIZE [db.]t REWRITE DATA USING BIN_PACK [WHERE …]` and `VACUUM [db.]t`.
 *
 * Names of tables can't be in double quotes, and one that begins with an underscore has to be in back quotes (Athena user guide,
 * "VACUUM").
 */
export class MaintenanceParser {
  readonly #sql: string
  readonly #all: readonly SqlToken[]
  readonly #parts: readonly SqlToken[]
  /** Of `#parts`; the first is OPTIMIZE or VACUUM itself. */
  #next = 1

  constructor(sql: string, all: readonly SqlToken[]) {
    this.#sql = sql
    this.#all = all
    this.#parts = all.filter(({ kind }) => kind !== 'blank')
  }

  parse(word: 'OPTIMIZE' | 'VACUUM'): MaintenanceStatement | SyntaxProblem {
    const table = this.#table()
    if (table === undefined) return this.#mismatch()
    const kind = { statementType: 'DML', substatementType: word } as const
    if (word === 'VACUUM') {
      return this.#here === undefined ? { act: 'vacuum', ...kind, table } : this.#mismatch()
    }
    for (const expected of ['REWRITE', 'DATA', 'USING', 'BIN_PACK']) {
      if (!this.#take(expected)) return this.#mismatch()
    }
    const where = this.#here
    if (where === undefined) return { act: 'optimize', ...kind, table, where: undefined }
    if (!this.#take('WHERE') || this.#here === undefined) return this.#mismatch()
    const predicate = toSparkSql(this.#all.slice(this.#all.indexOf(where) + 1))
    return { act: 'optimize', ...kind, table, where: predicate.trim() }
  }

  get #here(): SqlToken | undefined {
    return this.#parts[this.#next]
  }

  #take(word: string): boolean {
    const isThere = this.#here?.value.toUpperCase() === word
    if (isThere) this.#next += 1
    return isThere
  }

  #table(): StatementTable | undefined {
    const first = this.#name()
    if (first === undefined) return undefined
    if (!this.#take('.')) return { database: undefined, name: first }
    const name = this.#name()
    return name === undefined ? undefined : { database: first, name }
  }

  #name(): string | undefined {
    const token = this.#here
    if (token?.kind !== 'back-quoted' && (token?.kind !== 'word' || token.raw.startsWith('_')))
      return undefined
    this.#next += 1
    return token.value.toLowerCase()
  }

  #mismatch(): SyntaxProblem {
    return mismatch(this.#sql, this.#here)
  }
}
