import { refuse } from './arn.js'

// A name, or a prefix followed by one `*`. A `*` alone would be every topic of the cluster, which no role needs.
const wildcardRemedy = 'Name it in full, or give the prefix its names begin with and one * at the end.'

/**
 * A topic's name as Kafka allows it (1 to 249 of letters, digits, `.`, `_`, `-`), or a prefix and `*`.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function topicPattern(text: string): string {
  const name = withoutWildcard(text)
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(name) || text === '.' || text === '..') {
    refuse('topic', text, 'at most 249 letters, digits, dots, underscores and hyphens', wildcardRemedy)
  }
  return text
}

/**
 * A group or transactional id, or a prefix and `*`. Kafka allows any text; IAM gives `*`, `?` and `$` a meaning of
 * their own and stores no characters beyond Latin-1.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function idPattern(what: 'group' | 'transactional id', text: string): string {
  if (!/^[!#%&'()+,\-./0-9:;<=>@A-Z[\]^_`a-z{|}~]{1,249}$/.test(withoutWildcard(text))) {
    const expected = `at most 249 visible ASCII characters, without "*", "?", "$", quotes and backslashes`
    refuse(what, text, expected, wildcardRemedy)
  }
  return text
}

/**
 * The groups Spark's Kafka source makes up: `<prefix>-<random>`. Without a prefix of the job's own they begin with
 * `spark-kafka-source` in a stream, and with `spark-kafka-relation` where the job reads one record by its coordinates.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function sparkGroupPatterns(groupIdPrefix: string | undefined): string[] {
  if (groupIdPrefix === undefined) return ['spark-kafka-relation-*', 'spark-kafka-source-*']
  if (groupIdPrefix === '' || groupIdPrefix.includes('*')) {
    const remedy = "Give Spark's groupIdPrefix as the job has it; the wildcard is added."
    refuse('groupIdPrefix', groupIdPrefix, 'a prefix that is not empty and has no "*"', remedy)
  }
  return [idPattern('group', `${groupIdPrefix}-*`)]
}

function withoutWildcard(text: string): string {
  return text.endsWith('*') ? text.slice(0, -1) : text
}
