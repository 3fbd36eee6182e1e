package tidewater.mskiam;

import java.util.List;

/**
 * The actions of IAM access control and the actions each of them needs besides, from the table
 * "Semantics of IAM authorization policy actions and resources" of the MSK developer guide.
 *
 * <p>A needed action on the kind of resource of the action itself must be allowed on the very same
 * resource; one on the cluster, on the cluster; one on another kind, on any resource of that kind:
 * a fetch from a topic does not say for which group, nor a producer's first request to which topic.
 */
enum KafkaClusterAction {
  CONNECT("Connect", ClusterArn.Kind.CLUSTER),
  DESCRIBE_CLUSTER("DescribeCluster", ClusterArn.Kind.CLUSTER, CONNECT),
  ALTER_CLUSTER("AlterCluster", ClusterArn.Kind.CLUSTER, CONNECT, DESCRIBE_CLUSTER),
  DESCRIBE_CLUSTER_DYNAMIC_CONFIGURATION(
      "DescribeClusterDynamicConfiguration", ClusterArn.Kind.CLUSTER, CONNECT),
  ALTER_CLUSTER_DYNAMIC_CONFIGURATION(
      "AlterClusterDynamicConfiguration",
      ClusterArn.Kind.CLUSTER,
      CONNECT,
      DESCRIBE_CLUSTER_DYNAMIC_CONFIGURATION),
  CREATE_TOPIC("CreateTopic", ClusterArn.Kind.TOPIC, CONNECT),
  DESCRIBE_TOPIC("DescribeTopic", ClusterArn.Kind.TOPIC, CONNECT),
  ALTER_TOPIC("AlterTopic", ClusterArn.Kind.TOPIC, CONNECT, DESCRIBE_TOPIC),
  DELETE_TOPIC("DeleteTopic", ClusterArn.Kind.TOPIC, CONNECT, DESCRIBE_TOPIC),
  DESCRIBE_TOPIC_DYNAMIC_CONFIGURATION(
      "DescribeTopicDynamicConfiguration", ClusterArn.Kind.TOPIC, CONNECT),
  ALTER_TOPIC_DYNAMIC_CONFIGURATION(
      "AlterTopicDynamicConfiguration",
      ClusterArn.Kind.TOPIC,
      CONNECT,
      DESCRIBE_TOPIC_DYNAMIC_CONFIGURATION),
  WRITE_DATA("WriteData", ClusterArn.Kind.TOPIC, CONNECT, DESCRIBE_TOPIC),
  WRITE_DATA_IDEMPOTENTLY("WriteDataIdempotently", ClusterArn.Kind.CLUSTER, CONNECT, WRITE_DATA),
  DESCRIBE_GROUP("DescribeGroup", ClusterArn.Kind.GROUP, CONNECT),
  ALTER_GROUP("AlterGroup", ClusterArn.Kind.GROUP, CONNECT, DESCRIBE_GROUP),
  DELETE_GROUP("DeleteGroup", ClusterArn.Kind.GROUP, CONNECT, DESCRIBE_GROUP),
  READ_DATA("ReadData", ClusterArn.Kind.TOPIC, CONNECT, DESCRIBE_TOPIC, ALTER_GROUP),
  DESCRIBE_TRANSACTIONAL_ID("DescribeTransactionalId", ClusterArn.Kind.TRANSACTIONAL_ID, CONNECT),
  ALTER_TRANSACTIONAL_ID(
      "AlterTransactionalId",
      ClusterArn.Kind.TRANSACTIONAL_ID,
      CONNECT,
      DESCRIBE_TRANSACTIONAL_ID,
      WRITE_DATA);

  private final String iamName;
  private final ClusterArn.Kind kind;
  private final List<KafkaClusterAction> needs;

  KafkaClusterAction(String name, ClusterArn.Kind kind, KafkaClusterAction... needs) {
    this.iamName = "kafka-cluster:" + name;
    this.kind = kind;
    this.needs = List.of(needs);
  }

  /** As in a policy, for instance {@code kafka-cluster:WriteData}. */
  String iamName() {
    return iamName;
  }

  ClusterArn.Kind kind() {
    return kind;
  }

  List<KafkaClusterAction> needs() {
    return needs;
  }
}
