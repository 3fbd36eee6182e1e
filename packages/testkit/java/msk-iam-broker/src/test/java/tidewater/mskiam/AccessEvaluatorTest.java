package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tidewater.mskiam.ExampleConfiguration.CLUSTER;
import static tidewater.mskiam.ExampleConfiguration.GROUPS;
import static tidewater.mskiam.ExampleConfiguration.TOPICS;
import static tidewater.mskiam.ExampleConfiguration.TRANSACTIONAL_IDS;
import static tidewater.mskiam.KafkaClusterAction.ALTER_GROUP;
import static tidewater.mskiam.KafkaClusterAction.ALTER_TRANSACTIONAL_ID;
import static tidewater.mskiam.KafkaClusterAction.CONNECT;
import static tidewater.mskiam.KafkaClusterAction.CREATE_TOPIC;
import static tidewater.mskiam.KafkaClusterAction.DESCRIBE_TOPIC;
import static tidewater.mskiam.KafkaClusterAction.READ_DATA;
import static tidewater.mskiam.KafkaClusterAction.WRITE_DATA;
import static tidewater.mskiam.KafkaClusterAction.WRITE_DATA_IDEMPOTENTLY;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AccessEvaluatorTest {
  private static final String CONNECTS = allow("kafka-cluster:Connect", CLUSTER);

  @ParameterizedTest
  @EnumSource(KafkaClusterAction.class)
  void everyActionIsAllowedWithAllItNeedsAndDeniedWithoutAnyOfIt(KafkaClusterAction action) {
    List<String> all = new ArrayList<>();
    for (KafkaClusterAction each : KafkaClusterAction.values()) all.add(allow(each.iamName(), "*"));
    assertTrue(decide(action, "x", all.toArray(new String[0])).allowed());
    List<KafkaClusterAction> necessary = new ArrayList<>(action.needs());
    necessary.add(action);
    for (KafkaClusterAction missing : necessary) {
      List<String> rest = new ArrayList<>(all);
      rest.remove(missing.ordinal());
      AccessEvaluator.Access access = decide(action, "x", rest.toArray(new String[0]));
      assertFalse(access.allowed(), action + " without " + missing);
      assertTrue(access.reason().contains(missing.iamName()), access.reason());
    }
  }

  @Test
  void nothingIsAllowedByDefault() {
    AccessEvaluator.Access access = decide(CONNECT, "");
    assertFalse(access.allowed());
    assertEquals("no statement allows kafka-cluster:Connect on " + CLUSTER, access.reason());
  }

  @Test
  void namesTheActionThatIsMissing() {
    AccessEvaluator.Access access =
        decide(WRITE_DATA, "demo", CONNECTS, allow("kafka-cluster:WriteData", TOPICS + "demo"));
    assertFalse(access.allowed());
    assertEquals(
        "kafka-cluster:WriteData needs kafka-cluster:DescribeTopic: no statement allows"
            + " kafka-cluster:DescribeTopic on "
            + TOPICS
            + "demo",
        access.reason());
  }

  @Test
  void needsTheSameTopicForWhatBelongsToTopics() {
    String write = allow("kafka-cluster:WriteData", TOPICS + "*");
    String describe = allow("kafka-cluster:DescribeTopic", TOPICS + "orders-*");
    assertTrue(decide(WRITE_DATA, "orders-1", CONNECTS, write, describe).allowed());
    assertFalse(decide(WRITE_DATA, "invoices", CONNECTS, write, describe).allowed());
  }

  @Test
  void anExplicitDenyWinsWhateverTheOrder() {
    String allow = allow("kafka-cluster:*", "*");
    String deny =
        "{'Sid':'NoSecrets','Effect':'Deny','Action':'kafka-cluster:Describe*','Resource':'"
            + TOPICS
            + "secret-*'}";
    assertTrue(decide(WRITE_DATA, "demo", allow, deny).allowed());
    assertEquals(
        "kafka-cluster:DescribeTopic on "
            + TOPICS
            + "secret-1 is denied by identities[0].policies[0].Statement[1] (Sid NoSecrets)",
        decide(DESCRIBE_TOPIC, "secret-1", allow, deny).reason());
    assertFalse(decide(DESCRIBE_TOPIC, "secret-1", deny, allow).allowed());
    assertFalse(decide(WRITE_DATA, "secret-1", deny, allow).allowed());
  }

  @Test
  void actionsIgnoreCaseAndResourcesDoNot() {
    assertTrue(
        decide(
                DESCRIBE_TOPIC,
                "demo",
                CONNECTS,
                allow("KAFKA-CLUSTER:describeTOPIC", TOPICS + "demo"))
            .allowed());
    assertFalse(
        decide(
                DESCRIBE_TOPIC,
                "demo",
                CONNECTS,
                allow("kafka-cluster:DescribeTopic", TOPICS + "Demo"))
            .allowed());
  }

  @Test
  void wildcardsStandAnywhere() {
    String statement = allow("kafka-cluster:*Topic", TOPICS.replace("local", "*") + "d?*-eu");
    assertTrue(decide(DESCRIBE_TOPIC, "demo-eu", CONNECTS, statement).allowed());
    assertTrue(decide(CREATE_TOPIC, "demo-eu", CONNECTS, statement).allowed());
    assertFalse(decide(DESCRIBE_TOPIC, "demo-us", CONNECTS, statement).allowed());
    assertFalse(
        decide(
                KafkaClusterAction.DESCRIBE_TOPIC_DYNAMIC_CONFIGURATION,
                "demo-eu",
                CONNECTS,
                statement)
            .allowed());
    assertFalse(decide(DESCRIBE_TOPIC, "demo", CONNECTS, allow("s3:*", "*")).allowed());
  }

  @Test
  void writingIdempotentlyOnATopicNeverMatches() {
    String topic = allow("kafka-cluster:WriteDataIdempotently", TOPICS + "*");
    String write =
        "{'Effect':'Allow','Action':['kafka-cluster:WriteData','kafka-cluster:DescribeTopic'],'Resource':['"
            + TOPICS
            + "demo']}";
    assertFalse(decide(WRITE_DATA_IDEMPOTENTLY, "", CONNECTS, write, topic).allowed());
    assertTrue(
        decide(
                WRITE_DATA_IDEMPOTENTLY,
                "",
                CONNECTS,
                write,
                allow("kafka-cluster:WriteDataIdempotently", CLUSTER))
            .allowed());
  }

  @Test
  void readingNeedsSomeGroupThatCanBeJoined() {
    String read = allow("kafka-cluster:ReadData", TOPICS + "demo");
    String describe = allow("kafka-cluster:DescribeTopic", TOPICS + "demo");
    assertEquals(
        "kafka-cluster:ReadData needs kafka-cluster:AlterGroup: no statement allows"
            + " kafka-cluster:AlterGroup on any resource",
        decide(READ_DATA, "demo", CONNECTS, read, describe).reason());
    for (String group :
        List.of(
            GROUPS + "g1",
            GROUPS + "spark-*",
            GROUPS + "?",
            "*",
            GROUPS.replace("local", "*") + "g")) {
      assertTrue(
          decide(
                  READ_DATA,
                  "demo",
                  CONNECTS,
                  read,
                  describe,
                  allow("kafka-cluster:AlterGroup", group))
              .allowed(),
          group);
    }
    for (String other :
        List.of(TOPICS + "*", GROUPS, GROUPS.replace("local", "other") + "*", CLUSTER)) {
      assertFalse(
          decide(
                  READ_DATA,
                  "demo",
                  CONNECTS,
                  read,
                  describe,
                  allow("kafka-cluster:AlterGroup", other))
              .allowed(),
          other);
    }
  }

  @Test
  void aDenyOfAllGroupsLeavesNone() {
    String[] reads = {
      CONNECTS,
      allow("kafka-cluster:ReadData", "*"),
      allow("kafka-cluster:DescribeTopic", "*"),
      allow("kafka-cluster:AlterGroup", GROUPS + "app-*"),
      "",
    };
    reads[4] =
        "{'Effect':'Deny','Action':'kafka-cluster:AlterGroup','Resource':'" + GROUPS + "app-1'}";
    assertTrue(decide(READ_DATA, "demo", reads).allowed());
    reads[4] = "{'Effect':'Deny','Action':'kafka-cluster:AlterGroup','Resource':'" + GROUPS + "*'}";
    assertFalse(decide(READ_DATA, "demo", reads).allowed());
  }

  @Test
  void joiningAGroupNeedsThatGroup() {
    String alter = allow("kafka-cluster:AlterGroup", GROUPS + "*");
    String describe = allow("kafka-cluster:DescribeGroup", GROUPS + "g1");
    assertTrue(decide(ALTER_GROUP, "g1", CONNECTS, alter, describe).allowed());
    assertFalse(decide(ALTER_GROUP, "g2", CONNECTS, alter, describe).allowed());
  }

  @Test
  void transactionsNeedTheirIdAndSomeTopicToWriteTo() {
    String ids =
        "{'Effect':'Allow','Action':'kafka-cluster:*TransactionalId','Resource':'"
            + TRANSACTIONAL_IDS
            + "t-*'}";
    assertFalse(decide(ALTER_TRANSACTIONAL_ID, "t-1", CONNECTS, ids).allowed());
    String write = allow("kafka-cluster:WriteData", TOPICS + "demo");
    assertTrue(decide(ALTER_TRANSACTIONAL_ID, "t-1", CONNECTS, ids, write).allowed());
    assertFalse(decide(ALTER_TRANSACTIONAL_ID, "u-1", CONNECTS, ids, write).allowed());
  }

  private static String allow(String action, String resource) {
    return "{'Effect':'Allow','Action':'" + action + "','Resource':'" + resource + "'}";
  }

  private static AccessEvaluator.Access decide(
      KafkaClusterAction action, String name, String... statements) {
    return ExampleConfiguration.parsed(ExampleConfiguration.policy(0, String.join(",", statements)))
        .accessOf(ExampleConfiguration.USER)
        .decide(action, name);
  }
}
