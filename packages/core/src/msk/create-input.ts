import type { CreateClusterV2Request } from '@aws-sdk/client-kafka'
import { brokerCount, type ClusterDefinition } from './cluster-definition.js'

/** The exact request that makes the cluster: IAM authentication on, every other way in off, TLS everywhere. */
export function createClusterInput(definition: ClusterDefinition): CreateClusterV2Request {
  const { name, tags, securityGroupIds } = definition
  const base = { ClusterName: name, ...(Object.keys(tags).length === 0 ? {} : { Tags: { ...tags } }) }
  if (definition.type === 'serverless') {
    return {
      ...base,
      Serverless: {
        VpcConfigs: [
          {
            SubnetIds: [...definition.subnetIds],
            ...(securityGroupIds.length === 0 ? {} : { SecurityGroupIds: [...securityGroupIds] }),
          },
        ],
        ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
      },
    }
  }
  const { storageGiBPerBroker, provisionedThroughputMiBps } = definition
  return {
    ...base,
    Provisioned: {
      KafkaVersion: definition.kafkaVersion,
      NumberOfBrokerNodes: brokerCount(definition),
      BrokerNodeGroupInfo: {
        BrokerAZDistribution: 'DEFAULT',
        InstanceType: definition.brokerType,
        ClientSubnets: [...definition.clientSubnetIds],
        ...(securityGroupIds.length === 0 ? {} : { SecurityGroups: [...securityGroupIds] }),
        ...(storageGiBPerBroker === undefined
          ? {}
          : {
              StorageInfo: {
                EbsStorageInfo: {
                  VolumeSize: storageGiBPerBroker,
                  ...(provisionedThroughputMiBps === undefined
                    ? {}
                    : {
                        ProvisionedThroughput: {
                          Enabled: true,
                          VolumeThroughput: provisionedThroughputMiBps,
                        },
                      }),
                },
              },
            }),
      },
      // Left out, unauthenticated access would be on beside IAM, and plaintext beside TLS.
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
    },
  }
}
