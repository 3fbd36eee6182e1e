import { messageOf, runWithRetry, throwIfAborted } from '@tidewater/core'
import {
  mergeConfig,
  type RestAnswer,
  readConfig,
  readTable,
  readToken,
  requireSuccess,
  retryAfterMsIn,
  unreachable,
} from './rest-answer.js'
import type { RestConfig } from './source.js'

/**
 * A table of a REST catalog (Iceberg REST Catalog API: `GET /v1/config`, then `GET …/tables/{table}`).
 *
 * @throws TidewaterError `TABLE_NOT_FOUND`, `CATALOG_REQUEST_FAILED`, `AUTHENTICATION_FAILED`, `AUTHORIZATION_FAILED`,
 * `METADATA_CORRUPT`, `METADATA_UNSUPPORTED`, `ABORTED`
 */
export async function openFromRest(source: RestConfig, signal?: AbortSignal): Promise<RestAnswer> {
  const token = source.token ?? (await exchangeCredential(source, signal))
  const headers = {
    ...source.headers,
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const ask = (action: string, url: URL) => request(source, action, url, { headers }, signal)

  const configUrl = at(source.uri, 'v1', 'config')
  if (source.warehouse !== undefined) configUrl.searchParams.set('warehouse', source.warehouse)
  const given = readConfig(await ask('Asking for the configuration', configUrl), configUrl.href)
  const { uri, prefix } = mergeConfig(source, given)

  // Levels of a namespace are parted by a control character, which the URL encodes.
  const levels = source.namespace.split('.').join('\u001f')
  const url = at(uri, 'v1', ...prefix, 'namespaces', levels, 'tables', source.name)
  return readTable(await ask(`Loading table ${source.namespace}.${source.name}`, url), url.href)
}

async function exchangeCredential(source: RestConfig, signal?: AbortSignal): Promise<string | undefined> {
  const { oauth2 } = source
  if (oauth2 === undefined) return undefined
  const url =
    oauth2.serverUri === undefined ? at(source.uri, 'v1', 'oauth', 'tokens') : new URL(oauth2.serverUri)
  const colon = oauth2.credential.indexOf(':')
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(colon === -1 ? {} : { client_id: oauth2.credential.slice(0, colon) }),
    client_secret: oauth2.credential.slice(colon + 1),
    scope: oauth2.scope,
  })
  const headers = { ...source.headers, accept: 'application/json' }
  const init = { method: 'POST', headers, body, redirect: 'manual' } as const
  return readToken(await request(source, 'Asking for a token', url, init, signal), url.href)
}

function request(
  { requestTimeoutMs }: RestConfig,
  action: string,
  url: URL,
  init: RequestInit,
  signal: AbortSignal | undefined,
): Promise<string> {
  return runWithRetry(
    async () => {
      const limit = AbortSignal.timeout(requestTimeoutMs)
      let status: number
      let text: string
      let retryAfter: string | null
      try {
        const response = await fetch(url, {
          ...init,
          signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        })
        status = response.status
        retryAfter = response.headers.get('retry-after')
        text = await response.text()
      } catch (thrown) {
        throwIfAborted(signal)
        throw unreachable(action, url.href, reasonOf(thrown, limit, requestTimeoutMs), thrown)
      }
      requireSuccess(status, text, { action, url: url.href, retryAfter: retryAfter ?? undefined })
      return text
    },
    { retryAfterMs: retryAfterMsIn, ...(signal === undefined ? {} : { signal }) },
  )
}

function at(uri: string, ...segments: readonly string[]): URL {
  return new URL(`${uri.replace(/\/+$/, '')}/${segments.map(encodeURIComponent).join('/')}`)
}

/** `fetch` says of every failure that it failed; why is in its cause. */
function reasonOf(thrown: unknown, limit: AbortSignal, requestTimeoutMs: number): string {
  if (limit.aborted) return `nothing within ${requestTimeoutMs} ms (requestTimeoutMs)`
  const { cause } = thrown as { cause?: unknown }
  return messageOf(cause ?? thrown)
}
