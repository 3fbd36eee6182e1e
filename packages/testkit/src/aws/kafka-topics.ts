import { type KafkaAdmin, TidewaterError, type TopicDescription } from '@tidewater/core'
import { isRecord } from './kafka-clusters.js'
import { type AwsFault, type AwsOutcome, fault, result } from './service.js'

export interface TopicsOptions {
  /** Opens a client of the broker behind the cluster; each operation closes its own. */
  readonly kafkaAdmin?: () => Promise<KafkaAdmin>
  /** How many descriptions of a topic still show it as it was before a change. AWS's lag by a minute. Default 0. */
  readonly staleDescribes: number
  readonly pageSize: number
}

interface TopicView {
  readonly description: TopicDescription
  readonly configs: Readonly<Record<string, string>>
}

/** MSK's topic operations, carried out on a real broker. */
export class KafkaTopics {
  readonly #options: TopicsOptions
  /** What descriptions still show of a topic that was changed; null: nothing. */
  readonly #stale = new Map<string, { view: TopicView | null; left: number }>()

  constructor(options: TopicsOptions) {
    this.#options = options
  }

  create(clusterArn: string, body: Readonly<Record<string, unknown>>): Promise<AwsOutcome> {
    return this.#withAdmin(async (admin) => {
      const { topicName, partitionCount, replicationFactor } = body
      if (typeof topicName !== 'string' || !isCount(partitionCount) || !isCount(replicationFactor)) {
        return badRequest('topicName, partitionCount and replicationFactor are needed.', 'topicName')
      }
      const configs = decodeConfigs(body.configs)
      if (configs === undefined) return badRequest('Configs must be the Base64 of a JSON object.', 'configs')
      await admin.createTopic({ topic: topicName, partitions: partitionCount, replicationFactor, configs })
      this.#keepStale(clusterArn, topicName, null)
      return result({ topicArn: topicArn(clusterArn, topicName), topicName, status: 'CREATING' })
    })
  }

  describe(clusterArn: string, topic: string): Promise<AwsOutcome> {
    return this.#withAdmin(async (admin) => {
      const view = await this.#view(admin, clusterArn, topic)
      if (view === null) return topicNotFound(topic)
      const { partitions } = view.description
      return result({
        topicArn: topicArn(clusterArn, topic),
        topicName: topic,
        partitionCount: partitions.length,
        replicationFactor: partitions[0]?.replicas.length ?? 0,
        configs: Buffer.from(JSON.stringify(view.configs)).toString('base64'),
        status: 'ACTIVE',
      })
    })
  }

  partitions(clusterArn: string, topic: string, query: URLSearchParams): Promise<AwsOutcome> {
    return this.#withAdmin(async (admin) => {
      const view = await this.#view(admin, clusterArn, topic, false)
      if (view === null) return topicNotFound(topic)
      const all = view.description.partitions.map(({ partition, leader, replicas, inSyncReplicas }) => {
        return { partition, leader, replicas, isr: inSyncReplicas }
      })
      return page('partitions', all, query, this.#options.pageSize)
    })
  }

  list(clusterArn: string, query: URLSearchParams): Promise<AwsOutcome> {
    return this.#withAdmin(async (admin) => {
      const prefix = query.get('topicNameFilter') ?? ''
      const names = (await admin.listTopics()).filter((name) => name.startsWith(prefix))
      const topics = await Promise.all(
        names.map(async (name) => {
          const { partitions } = await admin.describeTopic(name)
          return {
            topicArn: topicArn(clusterArn, name),
            topicName: name,
            partitionCount: partitions.length,
            replicationFactor: partitions[0]?.replicas.length ?? 0,
            outOfSyncReplicaCount: partitions.reduce(
              (sum, { replicas, inSyncReplicas }) => sum + replicas.length - inSyncReplicas.length,
              0,
            ),
          }
        }),
      )
      return page('topics', topics, query, this.#options.pageSize)
    })
  }

  update(clusterArn: string, topic: string, body: Readonly<Record<string, unknown>>): Promise<AwsOutcome> {
    return this.#withAdmin(async (admin) => {
      const { partitionCount, configs } = body
      if ((configs === undefined) === (partitionCount === undefined)) {
        return badRequest('You must specify either configs or partitionCount to update.', 'partitionCount')
      }
      if (configs !== undefined) {
        return fault('NotImplementedException', 501, "This endpoint doesn't alter topic configs.")
      }
      if (!isCount(partitionCount)) return badRequest('partitionCount must be at least 1.', 'partitionCount')
      const before = await this.#read(admin, topic)
      await admin.addPartitions(topic, partitionCount)
      this.#keepStale(clusterArn, topic, before)
      return result({ topicArn: topicArn(clusterArn, topic), topicName: topic, status: 'UPDATING' })
    })
  }

  delete(clusterArn: string, topic: string): Promise<AwsOutcome> {
    return this.#withAdmin(async (admin) => {
      await admin.deleteTopic(topic)
      this.#stale.delete(`${clusterArn} ${topic}`)
      return result({ topicArn: topicArn(clusterArn, topic), topicName: topic, status: 'DELETING' })
    })
  }

  #keepStale(clusterArn: string, topic: string, view: TopicView | null): void {
    const { staleDescribes } = this.#options
    if (staleDescribes > 0) this.#stale.set(`${clusterArn} ${topic}`, { view, left: staleDescribes })
  }

  async #view(
    admin: KafkaAdmin,
    clusterArn: string,
    topic: string,
    countsAsDescribe = true,
  ): Promise<TopicView | null> {
    const stale = this.#stale.get(`${clusterArn} ${topic}`)
    if (stale === undefined || stale.left === 0) return this.#read(admin, topic)
    if (countsAsDescribe) stale.left -= 1
    return stale.view
  }

  async #read(admin: KafkaAdmin, topic: string): Promise<TopicView | null> {
    try {
      const description = await admin.describeTopic(topic)
      return { description, configs: (await admin.topicConfigs?.(topic)) ?? {} }
    } catch (error) {
      if (TidewaterError.isInstance(error) && error.code === 'TOPIC_NOT_FOUND') return null
      throw error
    }
  }

  async #withAdmin(work: (admin: KafkaAdmin) => Promise<AwsOutcome>): Promise<AwsOutcome> {
    const { kafkaAdmin } = this.#options
    if (kafkaAdmin === undefined) {
      return fault('ClusterConnectivityException', 409, 'There is no broker behind this cluster.')
    }
    try {
      const admin = await kafkaAdmin()
      try {
        return await work(admin)
      } finally {
        await admin.close()
      }
    } catch (error) {
      if (!TidewaterError.isInstance(error)) throw error
      return kafkaFault(error)
    }
  }
}

/** The service's name for what the broker answered. */
function kafkaFault(error: TidewaterError): AwsFault {
  switch (error.code) {
    case 'TOPIC_EXISTS':
      return fault('TopicExistsException', 409, error.message)
    case 'TOPIC_NOT_FOUND':
      return fault('UnknownTopicOrPartitionException', 404, error.message)
    case 'TOPIC_CONFLICT':
      return fault('BadRequestException', 400, error.message)
    case 'AUTHORIZATION_FAILED':
      return fault('ForbiddenException', 403, error.message)
    case 'BROKER_UNREACHABLE':
      return fault('ClusterConnectivityException', 409, error.message)
    default:
      return fault('KafkaRequestException', 400, `${error.code}: ${error.message}`)
  }
}

/** A page of a list; the token is the index of the next one. */
export function page(
  field: string,
  all: readonly unknown[],
  query: URLSearchParams,
  pageSize: number,
): AwsOutcome {
  const start = Number(query.get('nextToken') ?? 0)
  const size = Number(query.get('maxResults') ?? pageSize)
  if (!Number.isInteger(start) || start < 0 || !Number.isInteger(size) || size < 1) {
    return badRequest("nextToken and maxResults must be as they're given.", 'nextToken')
  }
  const end = start + size
  return result({ [field]: all.slice(start, end), ...(end < all.length ? { nextToken: String(end) } : {}) })
}

function decodeConfigs(text: unknown): Record<string, string> | undefined {
  if (text === undefined) return {}
  if (typeof text !== 'string') return undefined
  try {
    const decoded: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
    if (!isRecord(decoded)) return undefined
    return Object.fromEntries(Object.entries(decoded).map(([name, value]) => [name, String(value)]))
  } catch {
    return undefined
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1
}

function badRequest(message: string, invalidParameter: string): AwsFault {
  return fault('BadRequestException', 400, message, { fields: { invalidParameter } })
}

function topicNotFound(topic: string): AwsFault {
  return fault('NotFoundException', 404, `Topic ${topic} doesn't exist.`)
}

function topicArn(clusterArn: string, topic: string): string {
  return `${clusterArn.replace(':cluster/', ':topic/')}/${topic}`
}
