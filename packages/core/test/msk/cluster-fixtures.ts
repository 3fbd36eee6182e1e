import type { Cluster, CreateClusterV2Request } from '@aws-sdk/client-kafka'
import type { ClusterDefinitionInput } from '../../src/msk/cluster-definition.js'

export const clusterArn =
  'arn:aws:kafka:us-east-1:123456789012:cluster/demo/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-2'

export const provisioned = {
  type: 'provisioned',
  name: 'demo',
  clientSubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
} as const satisfies Record<string, unknown>

export const serverless = {
  type: 'serverless',
  name: 'demo',
  subnetIds: ['subnet-a', 'subnet-b'],
} as const satisfies Record<string, unknown>

/** A definition with some fields changed; the arrays are copied because zod's input type is mutable. */
export function definition(change: Record<string, unknown> = {}): ClusterDefinitionInput {
  return structuredClone({ ...provisioned, ...change }) as unknown as ClusterDefinitionInput
}

/** The cluster as the service would describe it, had it been created by this request. */
export function describedAs(request: CreateClusterV2Request, change: Partial<Cluster> = {}): Cluster {
  const { Provisioned, Serverless } = request
  return {
    ClusterArn: clusterArn,
    ...(request.ClusterName === undefined ? {} : { ClusterName: request.ClusterName }),
    ...(request.Tags === undefined ? {} : { Tags: request.Tags }),
    State: 'ACTIVE',
    CurrentVersion: 'K1',
    ...(Serverless === undefined ? {} : { ClusterType: 'SERVERLESS', Serverless }),
    ...(Provisioned === undefined
      ? {}
      : {
          ClusterType: 'PROVISIONED',
          Provisioned: {
            BrokerNodeGroupInfo: Provisioned.BrokerNodeGroupInfo,
            NumberOfBrokerNodes: Provisioned.NumberOfBrokerNodes,
            ClientAuthentication: Provisioned.ClientAuthentication,
            EncryptionInfo: Provisioned.EncryptionInfo,
            CurrentBrokerSoftwareInfo: { KafkaVersion: Provisioned.KafkaVersion },
          },
        }),
    ...change,
  }
}
