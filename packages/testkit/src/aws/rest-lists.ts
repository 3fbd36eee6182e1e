import { type Route, route } from './rest-route.js'
import { type AwsFault, type AwsOutcome, result } from './service.js'
import { pageOf, wireBody, wireMap } from './wire-values.js'

const pageSize = 50

/** A page of a list, as `maxResults` and `nextToken` of the query say. */
export function restPage(field: string, items: readonly unknown[], query: URLSearchParams): AwsOutcome {
  const size = Math.min(pageSize, Number(query.get('maxResults') ?? pageSize))
  const { items: found, next } = pageOf(items, query.get('nextToken') ?? undefined, size)
  return result({ [field]: found, nextToken: next })
}

/** Whether an instant is between those of the query, which may leave out either. */
export function isBetween(atMs: number, after: string | null, before: string | null): boolean {
  return (after === null || atMs >= Date.parse(after)) && (before === null || atMs <= Date.parse(before))
}

export interface Tagged {
  readonly arn: string
  readonly tags: Map<string, string>
}

/** The operations on tags, which are the same for all services with resources at /tags. */
export function tagRoutes(
  resources: () => readonly Tagged[],
  unknown: (arn: string) => AwsFault,
): readonly Route[] {
  const withTags = (arn: string | undefined, use: (tags: Map<string, string>) => object): AwsOutcome => {
    const found = resources().find((resource) => resource.arn === arn)
    return found === undefined ? unknown(arn ?? '') : result(use(found.tags))
  }
  return [
    route('ListTagsForResource', 'GET', '/tags/*', (_, [arn]) =>
      withTags(arn, (tags) => ({ tags: Object.fromEntries(tags) })),
    ),
    route('TagResource', 'POST', '/tags/*', ({ request: { body } }, [arn]) =>
      withTags(arn, (tags) => {
        for (const [key, value] of Object.entries(wireMap(wireBody(body).tags))) tags.set(key, value)
        return {}
      }),
    ),
    route('UntagResource', 'DELETE', '/tags/*', ({ request: { query } }, [arn]) =>
      withTags(arn, (tags) => {
        for (const key of query.getAll('tagKeys')) tags.delete(key)
        return {}
      }),
    ),
  ]
}
