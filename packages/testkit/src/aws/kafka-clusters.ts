import { randomBytes, randomUUID } from 'node:crypto'
import { type AwsFault, fault } from './service.js'

/** How a state that takes minutes on AWS comes to its end here. */
export type Transition =
  | { readonly afterDescribes: number }
  /** By the endpoint's clock. */
  | { readonly afterMs: number }

/** A cluster in the service's wire form: field names begin with a lower-case letter. */
export interface WireCluster {
  readonly clusterArn: string
  readonly clusterName: string
  readonly clusterType: 'PROVISIONED' | 'SERVERLESS'
  readonly state: string
  readonly stateInfo?: { readonly code: string; readonly message: string }
  readonly creationTime: string
  readonly currentVersion: string
  readonly tags?: Readonly<Record<string, string>>
  readonly provisioned?: Readonly<Record<string, unknown>>
  readonly serverless?: Readonly<Record<string, unknown>>
}

export interface ClustersOptions {
  readonly region: string
  readonly accountId: string
  /** When CREATING becomes ACTIVE, and DELETING the end. Default after 1 describe. */
  readonly transition: Transition
  /** Makes every cluster that is created end as FAILED with this. */
  readonly failCreationWith?: { readonly code: string; readonly message: string }
}

interface Held {
  cluster: WireCluster
  changedAtMs: number
  describes: number
}

type CreateRequest = Readonly<Record<string, unknown>>

/** The clusters of an account and region. */
export class KafkaClusters {
  readonly #held = new Map<string, Held>()
  readonly #options: ClustersOptions

  constructor(options: ClustersOptions) {
    this.#options = options
  }

  create(request: CreateRequest, nowMs: number): WireCluster | AwsFault {
    const problem = problemOf(request)
    if (problem !== undefined) {
      return fault('BadRequestException', 400, problem.message, {
        fields: { invalidParameter: problem.parameter },
      })
    }
    const name = String(request.clusterName)
    if (this.list(nowMs).some((cluster) => cluster.clusterName === name)) {
      return fault('ConflictException', 409, `A cluster with the name ${name} exists already.`, {
        fields: { invalidParameter: 'clusterName' },
      })
    }
    const isServerless = request.serverless !== undefined
    const { region, accountId } = this.#options
    const cluster: WireCluster = {
      clusterArn: `arn:aws:kafka:${region}:${accountId}:cluster/${name}/${randomUUID()}-${isServerless ? 's1' : '1'}`,
      clusterName: name,
      clusterType: isServerless ? 'SERVERLESS' : 'PROVISIONED',
      state: 'CREATING',
      creationTime: new Date(nowMs).toISOString(),
      currentVersion: newVersion(),
      ...(isRecord(request.tags) ? { tags: request.tags as Record<string, string> } : {}),
      ...(isRecord(request.serverless) ? { serverless: request.serverless } : {}),
      ...(isRecord(request.provisioned) ? { provisioned: describedProvisioned(request.provisioned) } : {}),
    }
    this.put(cluster, nowMs)
    return cluster
  }

  /** Adds a cluster that is there already, such as the local broker. */
  put(cluster: WireCluster, nowMs: number): void {
    this.#held.set(cluster.clusterArn, { cluster, changedAtMs: nowMs, describes: 0 })
  }

  list(nowMs: number): readonly WireCluster[] {
    return [...this.#held.keys()]
      .map((arn) => this.#advance(arn, nowMs))
      .filter((cluster) => cluster !== undefined)
      .sort((a, b) => (a.clusterName < b.clusterName ? -1 : 1))
  }

  /** Counts as a describe, which may bring the cluster to its next state. */
  describe(clusterArn: string, nowMs: number): WireCluster | undefined {
    const held = this.#held.get(clusterArn)
    if (held !== undefined) held.describes += 1
    return this.#advance(clusterArn, nowMs)
  }

  find(clusterArn: string, nowMs: number): WireCluster | undefined {
    return this.#advance(clusterArn, nowMs)
  }

  delete(clusterArn: string, currentVersion: string | null, nowMs: number): WireCluster | AwsFault {
    const cluster = this.find(clusterArn, nowMs)
    if (cluster === undefined) return clusterNotFound()
    if (currentVersion !== null && currentVersion !== cluster.currentVersion) {
      return fault('BadRequestException', 400, "The version isn't the cluster's current one.", {
        fields: { invalidParameter: 'currentVersion' },
      })
    }
    const deleting = { ...cluster, state: 'DELETING', currentVersion: newVersion() }
    this.put(deleting, nowMs)
    return deleting
  }

  #advance(clusterArn: string, nowMs: number): WireCluster | undefined {
    const held = this.#held.get(clusterArn)
    if (held === undefined) return undefined
    const { state } = held.cluster
    if ((state === 'CREATING' || state === 'DELETING') && this.#isOver(held, nowMs)) {
      if (state === 'DELETING') {
        this.#held.delete(clusterArn)
        return undefined
      }
      const { failCreationWith } = this.#options
      held.cluster = {
        ...held.cluster,
        currentVersion: newVersion(),
        ...(failCreationWith === undefined
          ? { state: 'ACTIVE' }
          : { state: 'FAILED', stateInfo: failCreationWith }),
      }
    }
    return held.cluster
  }

  #isOver({ describes, changedAtMs }: Held, nowMs: number): boolean {
    const { transition } = this.#options
    return 'afterMs' in transition
      ? nowMs - changedAtMs >= transition.afterMs
      : describes > transition.afterDescribes
  }
}

export interface LocalClusterOptions {
  /** `arn:aws:kafka:<region>:<account>:cluster/<name>/<uuid>`; the cluster is called as it says. */
  readonly clusterArn: string
  /** Default `3.9.x.kraft`. */
  readonly kafkaVersion?: string
  /** Default 1. */
  readonly brokers?: number
}

/** A broker that runs on this machine, as the service would describe it: ACTIVE, provisioned, with IAM authentication. */
export function localCluster(options: LocalClusterOptions): WireCluster {
  const { clusterArn, kafkaVersion = '3.9.x.kraft', brokers = 1 } = options
  return {
    clusterArn,
    clusterName: clusterArn.split('/')[1] ?? clusterArn,
    clusterType: 'PROVISIONED',
    state: 'ACTIVE',
    creationTime: new Date().toISOString(),
    currentVersion: newVersion(),
    provisioned: {
      numberOfBrokerNodes: brokers,
      brokerNodeGroupInfo: { instanceType: 'kafka.m7g.large', clientSubnets: ['subnet-local'] },
      currentBrokerSoftwareInfo: { kafkaVersion },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
    },
  }
}

export function clusterNotFound(): AwsFault {
  return fault('NotFoundException', 404, "The cluster doesn't exist.", {
    fields: { invalidParameter: 'clusterArn' },
  })
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What the request leaves to the service, as a description shows it. */
function describedProvisioned(request: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { kafkaVersion, brokerNodeGroupInfo, ...rest } = request
  return {
    enhancedMonitoring: 'DEFAULT',
    storageMode: 'LOCAL',
    ...rest,
    brokerNodeGroupInfo: {
      connectivityInfo: { publicAccess: { type: 'DISABLED' } },
      ...(isRecord(brokerNodeGroupInfo) ? brokerNodeGroupInfo : {}),
    },
    currentBrokerSoftwareInfo: { kafkaVersion },
  }
}

interface RequestProblem {
  readonly parameter: string
  readonly message: string
}

function problemOf(request: CreateRequest): RequestProblem | undefined {
  const { clusterName, provisioned, serverless } = request
  if (typeof clusterName !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(clusterName)) {
    return { parameter: 'clusterName', message: 'A name has 1 to 64 letters, digits and hyphens.' }
  }
  if (isRecord(provisioned) === isRecord(serverless)) {
    return { parameter: 'provisioned', message: 'Give one of provisioned and serverless.' }
  }
  if (isRecord(serverless)) {
    const vpcs = serverless.vpcConfigs
    if (!Array.isArray(vpcs) || vpcs.length === 0 || vpcs.some((vpc) => idsIn(vpc, 'subnetIds') < 2)) {
      return { parameter: 'vpcConfigs', message: 'Each VPC needs subnets in 2 Availability Zones at least.' }
    }
    return undefined
  }
  const nodes = isRecord(provisioned) ? provisioned : {}
  const subnets = idsIn(nodes.brokerNodeGroupInfo, 'clientSubnets')
  if (subnets < 2 || subnets > 3) {
    return { parameter: 'clientSubnets', message: 'Give the subnets of 2 or 3 Availability Zones.' }
  }
  const brokers = nodes.numberOfBrokerNodes
  if (typeof brokers !== 'number' || brokers < 1 || brokers % subnets !== 0) {
    return {
      parameter: 'numberOfBrokerNodes',
      message: `The number of broker nodes must be a multiple of the ${subnets} Availability Zones.`,
    }
  }
  if (typeof nodes.kafkaVersion !== 'string') {
    return { parameter: 'kafkaVersion', message: 'A Kafka version is needed.' }
  }
  return undefined
}

function idsIn(parent: unknown, field: string): number {
  const ids = isRecord(parent) ? parent[field] : undefined
  return Array.isArray(ids) ? ids.length : 0
}

function newVersion(): string {
  return `K${randomBytes(6).toString('hex').toUpperCase()}`
}
