import { type AwsFault, fault } from '../service.js'
import { type WireRecord, wireRecord, wireString } from '../wire-values.js'
import { parseStatement, type Statement } from './statement.js'

// Limits of the API (Athena API reference).
const statementBytesMax = 262_144
const tokenCharacters = { min: 32, max: 128 }
/** Most of a page, and what one has that doesn't say. */
export const resultsPageSize = 1_000
export const listPageSize = 50

export function invalidRequest(message: string): AwsFault {
  return fault('InvalidRequestException', 400, message, { fields: { AthenaErrorCode: 'INVALID_INPUT' } })
}

export function tooManyQueries(): AwsFault {
  return fault(
    'TooManyRequestsException',
    400,
    'You have exceeded the limit for the number of queries you can run concurrently. Please reduce the number of concurrent queries submitted by this account.',
    { fields: { Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED' } },
  )
}

/** A query as it was asked for. */
export interface QueryRequest {
  readonly sql: string
  readonly statement: Statement
  /** Undefined: names have to say theirs, and OPTIMIZE and VACUUM mean `default`. */
  readonly database: string | undefined
  readonly catalog: string | undefined
  readonly workgroup: string
  readonly token: string | undefined
  /** The request without its token: what has to be the same for the same query. */
  readonly fingerprint: string
  readonly outputLocation: string | undefined
}

export function queryRequest(body: WireRecord): QueryRequest | AwsFault {
  const { ClientRequestToken, ...rest } = body
  const sql = wireString(body.QueryString)
  if (sql === undefined) return invalidRequest('QueryString is required')
  const bytes = new TextEncoder().encode(sql).length
  if (bytes > statementBytesMax)
    return invalidRequest(`QueryString of ${bytes} bytes; the limit is ${statementBytesMax}`)
  const token = wireString(ClientRequestToken)
  if (token !== undefined && (token.length < tokenCharacters.min || token.length > tokenCharacters.max))
    return invalidRequest(
      `ClientRequestToken must have ${tokenCharacters.min} to ${tokenCharacters.max} characters`,
    )
  if (body.ExecutionParameters !== undefined)
    return invalidRequest('ExecutionParameters are not supported by the local endpoint')
  const context = wireRecord(body.QueryExecutionContext)
  const catalog = wireString(context.Catalog)
  if (catalog !== undefined && catalog.toLowerCase() !== 'awsdatacatalog')
    return invalidRequest(`Data catalog ${catalog} does not exist`)
  const database = wireString(context.Database)?.toLowerCase()
  const statement = parseStatement(sql, database)
  if ('problem' in statement) return invalidRequest(statement.problem)
  return {
    sql,
    statement,
    database,
    catalog,
    workgroup: wireString(body.WorkGroup) ?? 'primary',
    token,
    fingerprint: JSON.stringify(rest),
    outputLocation: wireString(wireRecord(body.ResultConfiguration).OutputLocation),
  }
}

/** Tokens of pages are opaque to who gets them. */
export function pageToken(start: number): string {
  return Buffer.from(`row:${start}`).toString('base64url')
}

/** @returns undefined for one that was not given out here */
export function pageStart(token: unknown): number | undefined {
  if (token === undefined) return 0
  const [, start] = /^row:(\d+)$/.exec(Buffer.from(String(token), 'base64url').toString()) ?? []
  return start === undefined ? undefined : Number(start)
}

/** How many a page has; a fault when there can't be so many. */
export function pageSize(asked: unknown, max: number): number | AwsFault {
  if (asked === undefined) return max
  if (Number.isInteger(asked) && Number(asked) >= 1 && Number(asked) <= max) return Number(asked)
  return invalidRequest(`MaxResults must be between 1 and ${max}; it is ${asked}`)
}
