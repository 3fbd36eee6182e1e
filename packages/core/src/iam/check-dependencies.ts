import type { Finding } from '../finding.js'
import {
  type KafkaActionName,
  type KafkaResourceType,
  kafkaActionNames,
  kafkaActions,
} from './kafka-actions.js'
import { actionsMatchedBy, siblingResource, typesMatchedBy } from './kafka-resources.js'
import { covers, intersects } from './pattern.js'
import type { ReadStatement } from './read-policy.js'

/** Resources by the action that is allowed on them. */
type Allowed = ReadonlyMap<KafkaActionName, readonly string[]>

/** How far a dependency is met for one action on one resource. */
type Coverage = 'all' | 'part' | 'none'

interface Gap {
  readonly action: KafkaActionName
  readonly resource: string
  readonly coverage: Exclude<Coverage, 'all'>
}

/** Actions that are allowed without others they depend on. */
export function checkDependencies(statements: readonly ReadStatement[]): readonly Finding[] {
  const allowed = allowedBy(statements)
  return kafkaActionNames.flatMap((dependency) => {
    const gaps = gapsOf(dependency, allowed)
    const [first] = gaps
    if (first === undefined) return []
    const isMissing = gaps.some(({ coverage }) => coverage === 'none')
    const type = kafkaActions[dependency].resource
    return {
      id: 'iam.missing-dependency',
      severity: isMissing ? 'error' : 'warning',
      subject: `kafka-cluster:${dependency}`,
      evidence: `${isMissing ? 'missing' : 'allowed only in part'} for ${gaps.map(describeGap).join('; ')}`,
      reason: 'MSK requires that an action is allowed together with those it depends on.',
      fix: `Allow kafka-cluster:${dependency} on ${requiredResource(first, type)}, unless another policy of the role does.`,
    }
  })
}

function gapsOf(dependency: KafkaActionName, allowed: Allowed): Gap[] {
  const granted = allowed.get(dependency) ?? []
  return [...allowed].flatMap(([action, resources]) => {
    if (!(kafkaActions[action].requires as readonly string[]).includes(dependency)) return []
    return resources.flatMap((resource) => {
      const coverage = coverageOf(action, resource, dependency, granted)
      return coverage === 'all' ? [] : [{ action, resource, coverage }]
    })
  })
}

function coverageOf(
  action: KafkaActionName,
  resource: string,
  dependency: KafkaActionName,
  granted: readonly string[],
): Coverage {
  const type = kafkaActions[dependency].resource
  // On the same type the dependency is checked on the very same ARN; on another type any ARN of that cluster may do.
  if (kafkaActions[action].resource !== type) {
    const sibling = siblingResource(resource, type)
    return granted.some((one) => intersects(one, sibling)) ? 'all' : 'none'
  }
  if (granted.some((one) => covers(one, resource))) return 'all'
  return granted.some((one) => intersects(one, resource)) ? 'part' : 'none'
}

// What Allow statements leave after the Deny statements that apply to all requests. A condition on an Allow is taken to
// be met: which requests meet it can't be told from the document.
function allowedBy(statements: readonly ReadStatement[]): Allowed {
  const denies = statements.filter(({ effect, dependsOnRequest }) => effect === 'Deny' && !dependsOnRequest)
  const allowed = new Map<KafkaActionName, string[]>()
  for (const statement of statements) {
    if (statement.effect === 'Deny') continue
    for (const name of namesOf(statement)) {
      const { resource: type } = kafkaActions[name]
      const resources = resourcesOf(statement)
        .filter((resource) => typesMatchedBy(resource).includes(type))
        .filter((resource) => !denies.some((deny) => isDenied(deny, name, resource)))
      if (resources.length > 0) {
        allowed.set(name, [...new Set([...(allowed.get(name) ?? []), ...resources])])
      }
    }
  }
  return allowed
}

function isDenied(deny: ReadStatement, name: KafkaActionName, resource: string): boolean {
  if (!namesOf(deny).includes(name)) return false
  if (deny.exceptResources) return !deny.resources.some((one) => intersects(one, resource))
  return deny.resources.some((one) => covers(one, resource))
}

function namesOf({ actions, exceptActions }: ReadStatement): readonly KafkaActionName[] {
  const named = new Set(actions.flatMap(actionsMatchedBy))
  return kafkaActionNames.filter((name) => named.has(name) !== exceptActions)
}

function resourcesOf({ resources, exceptResources }: ReadStatement): readonly string[] {
  return exceptResources ? ['*'] : resources
}

function requiredResource({ action, resource }: Gap, type: KafkaResourceType): string {
  return kafkaActions[action].resource === type ? resource : siblingResource(resource, type)
}

function describeGap({ action, resource }: Gap): string {
  return `${action} on ${resource}`
}
