package tidewater.mskiam;

import java.util.Map;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;

/**
 * The action that an operation of Kafka's is on MSK, after the ACL each action is "equivalent to"
 * in the developer guide.
 *
 * <p>Creating on the cluster has no action: Kafka asks for it first, and for the topic when that is
 * denied, which is what CreateTopic is about. Neither has CLUSTER_ACTION, which is for brokers.
 */
final class KafkaOperations {
  private static final Map<ResourceType, Map<AclOperation, KafkaClusterAction>> ACTIONS =
      Map.of(
          ResourceType.TOPIC,
          Map.of(
              AclOperation.CREATE, KafkaClusterAction.CREATE_TOPIC,
              AclOperation.DESCRIBE, KafkaClusterAction.DESCRIBE_TOPIC,
              AclOperation.ALTER, KafkaClusterAction.ALTER_TOPIC,
              AclOperation.DELETE, KafkaClusterAction.DELETE_TOPIC,
              AclOperation.DESCRIBE_CONFIGS,
                  KafkaClusterAction.DESCRIBE_TOPIC_DYNAMIC_CONFIGURATION,
              AclOperation.ALTER_CONFIGS, KafkaClusterAction.ALTER_TOPIC_DYNAMIC_CONFIGURATION,
              AclOperation.READ, KafkaClusterAction.READ_DATA,
              AclOperation.WRITE, KafkaClusterAction.WRITE_DATA),
          ResourceType.GROUP,
          Map.of(
              AclOperation.DESCRIBE, KafkaClusterAction.DESCRIBE_GROUP,
              AclOperation.READ, KafkaClusterAction.ALTER_GROUP,
              AclOperation.DELETE, KafkaClusterAction.DELETE_GROUP),
          ResourceType.TRANSACTIONAL_ID,
          Map.of(
              AclOperation.DESCRIBE, KafkaClusterAction.DESCRIBE_TRANSACTIONAL_ID,
              AclOperation.WRITE, KafkaClusterAction.ALTER_TRANSACTIONAL_ID),
          ResourceType.CLUSTER,
          Map.of(
              AclOperation.DESCRIBE, KafkaClusterAction.DESCRIBE_CLUSTER,
              AclOperation.ALTER, KafkaClusterAction.ALTER_CLUSTER,
              AclOperation.DESCRIBE_CONFIGS,
                  KafkaClusterAction.DESCRIBE_CLUSTER_DYNAMIC_CONFIGURATION,
              AclOperation.ALTER_CONFIGS, KafkaClusterAction.ALTER_CLUSTER_DYNAMIC_CONFIGURATION,
              AclOperation.IDEMPOTENT_WRITE, KafkaClusterAction.WRITE_DATA_IDEMPOTENTLY));

  private KafkaOperations() {}

  /** Null when IAM has no action for it. */
  static KafkaClusterAction actionFor(ResourceType resourceType, AclOperation operation) {
    return ACTIONS.getOrDefault(resourceType, Map.of()).get(operation);
  }
}
