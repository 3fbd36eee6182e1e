import type { TopicDefinition, TopicDescription } from './port.js'

/** What there is of a topic; null when it doesn't exist. */
export interface ActualTopic {
  readonly description: TopicDescription
  /** Effective configs, when the driver can read them. */
  readonly configs?: Readonly<Record<string, string>>
}

/** What to do so that the topic is as desired, and why. */
export type TopicPlan =
  | { readonly action: 'create'; readonly topic: TopicDefinition; readonly reason: string }
  | {
      readonly action: 'add-partitions'
      readonly topic: TopicDefinition
      readonly from: number
      readonly to: number
      readonly reason: string
    }
  | { readonly action: 'none'; readonly topic: TopicDefinition; readonly reason: string }
  | {
      readonly action: 'conflict'
      readonly topic: TopicDefinition
      /** Each difference that this project doesn't change on a topic that has data. */
      readonly conflicts: readonly string[]
      readonly reason: string
    }

/** Compares the desired topic with the actual one. A conflict outweighs a possible growth: nothing is done by half. */
export function planTopic(desired: TopicDefinition, actual: ActualTopic | null): TopicPlan {
  if (actual === null) {
    const reason = `topic "${desired.topic}" doesn't exist`
    return { action: 'create', topic: desired, reason }
  }
  const conflicts = findConflicts(desired, actual)
  if (conflicts.length > 0) {
    return { action: 'conflict', topic: desired, conflicts, reason: conflicts.join('; ') }
  }
  const have = actual.description.partitions.length
  if (have < desired.partitions) {
    const reason = `topic "${desired.topic}" has ${have} of ${desired.partitions} partitions`
    return { action: 'add-partitions', topic: desired, from: have, to: desired.partitions, reason }
  }
  return { action: 'none', topic: desired, reason: `topic "${desired.topic}" is as desired` }
}

function findConflicts(desired: TopicDefinition, { description, configs }: ActualTopic): string[] {
  const conflicts: string[] = []
  const have = description.partitions.length
  if (have > desired.partitions) {
    conflicts.push(
      `it has ${have} partitions, ${desired.partitions} are desired, and Kafka never removes one`,
    )
  }
  const factors = new Set(description.partitions.map(({ replicas }) => replicas.length))
  for (const factor of [...factors].sort((a, b) => a - b)) {
    if (factor !== desired.replicationFactor) {
      conflicts.push(`it has partitions with ${factor} replicas, ${desired.replicationFactor} are desired`)
    }
  }
  if (configs === undefined) return conflicts
  for (const [name, value] of Object.entries(desired.configs ?? {})) {
    if (configs[name] !== value)
      conflicts.push(`its ${name} is ${configs[name] ?? 'not set'}, ${value} is desired`)
  }
  return conflicts
}
