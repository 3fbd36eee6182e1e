/** A piece of a statement; the pieces one after the other are the statement. */
export interface SqlToken {
  readonly kind: 'blank' | 'word' | 'number' | 'text' | 'double-quoted' | 'back-quoted' | 'symbol'
  readonly raw: string
  /** Of a name or text, what it stands for, without quotes; else `raw`. */
  readonly value: string
  /** Offset of the first character. */
  readonly at: number
}

const lexer =
  /(\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|([A-Za-z_]\w*)|(\d[\w.]*)|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|([\s\S])/g

/** Splits a statement by Athena's rules: quotes are doubled inside themselves, and a backslash is a character like others. */
export function sqlTokens(sql: string): readonly SqlToken[] {
  const tokens: SqlToken[] = []
  for (const match of sql.matchAll(lexer)) {
    const [raw, blank, word, number, text, double, back] = match
    const token = (kind: SqlToken['kind'], value = raw) => tokens.push({ kind, raw, value, at: match.index })
    if (blank !== undefined) token('blank')
    else if (word !== undefined) token('word')
    else if (number !== undefined) token('number')
    else if (text !== undefined) token('text', text.replaceAll("''", "'"))
    else if (double !== undefined) token('double-quoted', double.replaceAll('""', '"'))
    else if (back !== undefined) token('back-quoted', back.replaceAll('``', '`'))
    else token('symbol')
  }
  return tokens
}

export interface SyntaxProblem {
  /** In the words of Athena, with line and column. */
  readonly problem: string
}

/** What can't stand there; undefined is the statement's end. */
export function mismatch(sql: string, found: SqlToken | undefined): SyntaxProblem {
  const before = sql.slice(0, found?.at).split('\n')
  const column = (before.at(-1)?.length ?? 0) + 1
  return { problem: `line ${before.length}:${column}: mismatched input '${found?.raw ?? '<EOF>'}'` }
}
