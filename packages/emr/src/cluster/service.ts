import type { Finding } from '@tidewater/core'
import type { TargetCall } from '../run/port.js'
import type { KafkaAccess } from './fields.js'
import type { NodeGroups } from './kafka-ingress.js'
import type { NeededRole } from './role-trust.js'

export const clusterKinds = ['emr-ec2', 'emr-serverless', 'emr-eks'] as const

export type ClusterKind = (typeof clusterKinds)[number]

/**
 * Where a cluster is in its life. `ready`: it takes jobs. `stuck`: it is there, takes none, and won't by itself. `failed`: it has ended
 * by an error.
 */
export type ClusterPhase = 'starting' | 'ready' | 'stuck' | 'ending' | 'ended' | 'failed'

/** A cluster of EMR on EC2, an application of EMR Serverless, or a virtual cluster of EMR on EKS, as it is. */
export interface ActualCluster {
  readonly id: string
  readonly name: string
  readonly arn?: string
  /** As the service calls it. */
  readonly state: string
  readonly phase: ClusterPhase
  /** What the service says of the state; empty when nothing. */
  readonly reason: string
  readonly tags: Readonly<Record<string, string>>
  /** What can be compared with a definition, by the same names as in {@link DesiredCluster}. */
  readonly settings: Readonly<Record<string, string>>
  readonly createdAtMs: number
  /** EMR on EC2 alone has it. */
  readonly isTerminationProtected?: boolean
}

/** A setting of the cluster that is to be, with why it is so. */
export interface Decision {
  readonly setting: string
  readonly value: string
  readonly reason: string
}

/** A definition, decided: the request that makes the cluster, and why it is as it is. */
export interface DesiredCluster<Input = unknown> {
  readonly kind: ClusterKind
  readonly name: string
  /** The exact request, without a client token. */
  readonly input: Input
  /** Tells definitions apart: it is kept in a tag of the cluster. */
  readonly definitionHash: string
  readonly settings: Readonly<Record<string, string>>
  readonly decisions: readonly Decision[]
  readonly findings: readonly Finding[]
  readonly access: AccessNeeds
}

/** What has to exist beside the cluster, and can be looked at before it is created. */
export interface AccessNeeds {
  readonly roles: readonly NeededRole[]
  /** Of the nodes; its role is checked as well. */
  readonly instanceProfile?: string
  /** Brokers that are to let the nodes in. */
  readonly kafka?: { readonly brokers: KafkaAccess; readonly nodes: readonly NodeGroups[] }
}

/** What the three services do alike. Each has one implementation over its own official client. */
export interface ClusterService<Input = unknown> {
  readonly kind: ClusterKind
  /** Such as `EMR on EC2`, for errors. */
  readonly place: string
  /** How often to ask for a cluster that becomes ready. */
  readonly pace: { readonly intervalMs: number; readonly maxIntervalMs: number }
  /** Clusters that have not ended, by `name` when it is given; where the service still lists them, ended ones too. */
  list(name: string | undefined, call?: TargetCall): Promise<readonly ActualCluster[]>
  /** Rejects with `CLUSTER_NOT_FOUND`. */
  describe(id: string, call?: TargetCall): Promise<ActualCluster>
  /**
   * Asks for the cluster once: a repetition is the caller's business, who looks first.
   *
   * @returns its id
   */
  create(input: Input, clientToken: string, call?: TargetCall): Promise<string>
  /** Asks for the next step towards its end, and returns before it has ended. */
  terminate(cluster: ActualCluster, call?: TargetCall): Promise<void>
  close(): void
}
