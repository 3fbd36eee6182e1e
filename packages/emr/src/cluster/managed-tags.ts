import { createHash } from 'node:crypto'
import { stableJson } from '../run/identity.js'

/** The tag of what Tidewater has made, by which it is found and without which nothing is terminated. */
export const managedTag = 'tidewater:managed'

const definitionTag = 'tidewater:definition'

/** 12 hexadecimal digits for a request without its tags. */
export function definitionHashOf(request: object): string {
  return shortHash(stableJson(request))
}

/** The tags of a cluster: the user's, and ours. */
export function withManagedTags(
  tags: Readonly<Record<string, string>>,
  definitionHash: string,
): Record<string, string> {
  return { ...tags, [managedTag]: 'true', [definitionTag]: definitionHash }
}

export function isManaged(tags: Readonly<Record<string, string>>): boolean {
  return tags[managedTag] === 'true'
}

export function definitionHashIn(tags: Readonly<Record<string, string>>): string | undefined {
  return tags[definitionTag]
}

/**
 * The same for all who ask for the same cluster while none is there, another one once it has ended: a service answers a known token
 * with what it made for it, also when that is gone.
 *
 * @param lastEndedId of the clusters with that name; empty when there are none
 */
export function clientTokenOf(name: string, definitionHash: string, lastEndedId: string): string {
  return `tidewater-${shortHash(stableJson([name, definitionHash, lastEndedId]))}`
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
