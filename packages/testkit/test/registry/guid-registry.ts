import { type HttpAnswer, serve } from './http-server.js'

/**
 * A registry that gives its schemas GUIDs as Confluent's newer ones do, before one that has none: Apicurio Registry knows
 * only ids. Its URL.
 */
export function withGuids(registryUrl: string): Promise<string> {
  return serve(async ({ method, path, headers, body }): Promise<HttpAnswer> => {
    const id = /^\/schemas\/guids\/0+-0000-4000-8000-(\d{12})/.exec(path)?.[1]
    const forwarded = id === undefined ? path : `/schemas/ids/${Number(id)}`
    const answer = await fetch(registryUrl + forwarded, {
      method,
      headers: { 'content-type': headers['content-type'] ?? 'application/json' },
      ...(method === 'POST' ? { body } : {}),
    })
    const known = (await answer.json()) as Record<string, unknown>
    return { status: answer.status, body: { ...known, guid: guidOf(known.id ?? id) } }
  })
}

function guidOf(id: unknown): string {
  return `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`
}
