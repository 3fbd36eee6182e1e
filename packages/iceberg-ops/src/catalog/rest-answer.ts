import { type ErrorCode, TidewaterError } from '@tidewater/core'
import { located } from '../metadata/damage.js'
import { JsonFields, parseLosslessly } from '../metadata/table/json-fields.js'
import type { TableMetadata } from '../metadata/table/model.js'
import { readTableMetadata } from '../metadata/table/parse-table.js'

export interface RestAnswer {
  readonly metadataLocation: string | undefined
  readonly metadata: TableMetadata
  readonly config: Readonly<Record<string, string>>
}

export interface CatalogConfig {
  readonly defaults: Readonly<Record<string, string>>
  readonly overrides: Readonly<Record<string, string>>
}

export interface RestQuestion {
  readonly action: string
  readonly url: string
  /** The answer's `Retry-After`. */
  readonly retryAfter?: string | undefined
}

/** `GET /v1/config`. */
export function readConfig(text: string, url: string): CatalogConfig {
  return reading(url, text, (fields) => ({
    defaults: fields.has('defaults') ? fields.stringMap('defaults') : {},
    overrides: fields.has('overrides') ? fields.stringMap('overrides') : {},
  }))
}

/** What the catalog overrides wins over the caller, who wins over its defaults. */
export function mergeConfig(
  source: { readonly uri: string; readonly prefix?: string | undefined },
  { defaults, overrides }: CatalogConfig,
): { uri: string; prefix: string[] } {
  const prefix = overrides.prefix ?? source.prefix ?? defaults.prefix ?? ''
  return { uri: overrides.uri ?? source.uri, prefix: prefix === '' ? [] : prefix.split('/') }
}

/** `POST /v1/oauth/tokens`. */
export function readToken(text: string, url: string): string {
  return reading(url, text, (fields) => fields.string('access_token'))
}

/** `LoadTableResult`, with ids of 64 bits kept. */
export function readTable(text: string, url: string): RestAnswer {
  return reading(url, text, (fields) => ({
    metadataLocation: fields.has('metadata-location') ? fields.string('metadata-location') : undefined,
    metadata: readTableMetadata(fields.raw('metadata')),
    config: fields.has('config') ? fields.stringMap('config') : {},
  }))
}

/** @throws TidewaterError for an answer that is none of success */
export function requireSuccess(status: number, text: string, question: RestQuestion): void {
  if (status >= 200 && status < 300) return
  const { code, remedy, retryable = false } = judge(status, typeOf(text))
  throw new TidewaterError(code, `${question.action}: HTTP ${status}, ${messageIn(text)}`, {
    retryable,
    remedy,
    details: {
      url: question.url,
      status,
      errorType: typeOf(text) ?? null,
      ...(question.retryAfter !== undefined && /^\d+$/.test(question.retryAfter)
        ? { retryAfterMs: Number(question.retryAfter) * 1_000 }
        : {}),
    },
  })
}

export function retryAfterMsIn({ details }: TidewaterError): number | undefined {
  return typeof details.retryAfterMs === 'number' ? details.retryAfterMs : undefined
}

export function unreachable(action: string, url: string, reason: string, cause: unknown): TidewaterError {
  return new TidewaterError('CATALOG_REQUEST_FAILED', `${action}: ${url} doesn't answer: ${reason}`, {
    retryable: true,
    remedy: 'Check that the catalog runs and that this machine reaches it.',
    details: { url },
    cause,
  })
}

interface Verdict {
  readonly code: ErrorCode
  readonly remedy: string
  readonly retryable?: boolean
}

function judge(status: number, type: string | undefined): Verdict {
  switch (status) {
    case 401:
      return { code: 'AUTHENTICATION_FAILED', remedy: 'Correct token or oauth2.credential.' }
    case 403:
      return { code: 'AUTHORIZATION_FAILED', remedy: 'Grant the identity the right to load the table.' }
    case 404:
      return type === 'NoSuchTableException' || type === 'NoSuchNamespaceException'
        ? { code: 'TABLE_NOT_FOUND', remedy: 'Correct namespace, name and warehouse.' }
        : {
            code: 'CATALOG_REQUEST_FAILED',
            remedy: 'Check uri, which goes without /v1, warehouse and prefix.',
          }
    // Of this API: the token's time is over.
    case 419:
      return { code: 'AUTHENTICATION_FAILED', remedy: 'Give a new token, or oauth2 to get one each time.' }
  }
  if (status === 429 || status >= 500)
    return { code: 'CATALOG_REQUEST_FAILED', retryable: true, remedy: "Look into the catalog's log." }
  return { code: 'CATALOG_REQUEST_FAILED', remedy: 'Check uri, warehouse and prefix.' }
}

/** The API's `ErrorModel`; a proxy's page has none. */
function errorIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    // OAuth's errors are flat (RFC 6749, section 5.2).
    if (typeof error === 'string') return JSON.parse(text) as Record<string, unknown>
    return typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function typeOf(text: string): string | undefined {
  const { type, error } = errorIn(text)
  return typeof type === 'string' ? type : typeof error === 'string' ? error : undefined
}

function messageIn(text: string): string {
  const { message, error_description: description, error } = errorIn(text)
  const said = [message, description, error].find((one) => typeof one === 'string')
  return typeof said === 'string' ? said : 'no explanation'
}

function reading<T>(url: string, text: string, read: (fields: JsonFields) => T): T {
  try {
    return read(new JsonFields(parseLosslessly(text)))
  } catch (thrown) {
    throw located(url, thrown)
  }
}
