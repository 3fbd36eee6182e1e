package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static tidewater.mskiam.ExampleConfiguration.identity;
import static tidewater.mskiam.ExampleConfiguration.json;
import static tidewater.mskiam.ExampleConfiguration.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IamConfigurationParserTest {
  @Test
  void hasDefaults() {
    IamConfiguration configuration = ExampleConfiguration.parsed();
    assertEquals(Duration.ZERO, configuration.clockOffset());
    assertEquals(Duration.ofSeconds(300), configuration.maxClockSkew());
    assertEquals(Duration.ofSeconds(3600), configuration.longestSession());
    assertEquals(Duration.ofSeconds(5), configuration.shortestSession());
    assertEquals(100, configuration.connectionsPerSecond());
    assertEquals(3000, configuration.maxConnections());
    assertFalse(configuration.acceptFractionalExpires());
    assertFalse(configuration.idempotentWriteByWriteData());
  }

  @Test
  void readsWhatIsThere() {
    IamConfiguration configuration =
        ExampleConfiguration.parsed(
            json -> {
              json.putNull("sessionSeconds");
              json.put("clockOffsetSeconds", -600);
              json.set("acceptedHosts", json("['LocalHost','127.0.0.1']"));
              identity(json, 1).put("expiresAt", "2020-10-22T14:00:00Z");
            });
    assertNull(configuration.longestSession());
    assertEquals(Duration.ofSeconds(-600), configuration.clockOffset());
    assertEquals(Set.of("localhost", "127.0.0.1"), configuration.acceptedHosts());
    assertEquals(
        Instant.parse("2020-10-22T14:00:00Z"),
        configuration.identityOfAccessKey("ASIAEXAMPLE").expiresAt());
  }

  @Test
  void namesTheFieldWhatIsThereAndWhatIsExpected() {
    assertInvalid("version is 2. Expected: 1.", json -> json.put("version", 2));
    assertInvalid(
        "region is 'eu-west-1'. Expected: that of clusterArn, us-east-1.",
        json -> json.put("region", "eu-west-1"));
    assertInvalid(
        "clusterArn is 'x'. Expected: arn:aws:kafka:<region>:<12 digits>:cluster/<name>/<uuid>.",
        json -> json.put("clusterArn", "x"));
    assertInvalid(
        "connectionsPerSecond is 0. Expected: a whole number within 1 and 1000000.",
        json -> json.put("connectionsPerSecond", 0));
    assertInvalid(
        "maxConnections is 1.5. Expected: a whole number within 1 and 1000000.",
        json -> json.put("maxConnections", 1.5));
    assertInvalid(
        "sessionSeconds is 4. Expected: at least minSessionSeconds, 5.",
        json -> json.put("sessionSeconds", 4));
    assertInvalid(
        "acceptedHosts is empty. Expected: a list of strings.",
        json -> json.set("acceptedHosts", json("[]")));
    assertInvalid(
        "serviceHosts is missing. Expected: a list of strings.",
        json -> json.remove("serviceHosts"));
    assertInvalid(
        "decisionLogFile is missing. Expected: a string that is not empty.",
        json -> json.remove("decisionLogFile"));
    assertInvalid(
        "acceptFractionalExpires is a string. Expected: true or false.",
        json -> json.put("acceptFractionalExpires", "true"));
    assertInvalid(
        "identities[1].accessKeyId is 'AKIDEXAMPLE'. Expected: one that no other identity has.",
        json -> identity(json, 1).put("accessKeyId", "AKIDEXAMPLE"));
    assertInvalid(
        "identities[0].expiresAt is 'soon'. Expected: an instant such as 2020-10-22T13:45:00Z.",
        json -> identity(json, 0).put("expiresAt", "soon"));
    assertInvalid(
        "identities[0].arn is 'arn:aws:iam::123456789012:role/app'. Expected: arn:aws:iam::<12"
            + " digits>:user/<name> or arn:aws:sts::<12 digits>:assumed-role/<role>/<session>.",
        json -> identity(json, 0).put("arn", "arn:aws:iam::123456789012:role/app"));
  }

  @Test
  void refusesFieldsItDoesNotKnow() {
    String message = messageOf(json -> json.put("sessionsSeconds", 20));
    assertEquals("sessionsSeconds is unknown", message.substring(0, message.indexOf('.')));
    message = messageOf(json -> identity(json, 0).put("secret", "hush"));
    assertEquals(
        "identities[0].secret is unknown. Expected: one of",
        message.substring(0, message.indexOf(" [")));
  }

  @Test
  void keepsSecretsOutOfMessages() {
    String message = messageOf(json -> identity(json, 0).set("secretAccessKey", json("['hush']")));
    assertEquals(
        "identities[0].secretAccessKey is a list. Expected: a string that is not empty.", message);
    byte[] broken = "{\"secretAccessKey\": \"hush\" \"".getBytes(StandardCharsets.UTF_8);
    message =
        assertThrows(IamConfigurationException.class, () -> IamConfigurationParser.parse(broken))
            .getMessage();
    assertEquals("It is not JSON at line 1, or a field occurs twice there.", message);
    assertFalse(ExampleConfiguration.parsed().toString().contains(ExampleConfiguration.SECRET));
    assertFalse(
        ExampleConfiguration.parsed().toString().contains(ExampleConfiguration.SESSION_TOKEN));
  }

  @Test
  void anArnHasOnePolicyHoweverManyCredentials() {
    Consumer<ObjectNode> sameArn = json -> identity(json, 1).put("arn", ExampleConfiguration.USER);
    assertEquals(2, ExampleConfiguration.parsed(sameArn).identitiesByAccessKey().size());
    assertInvalid(
        "identities[1].policies is unlike those of another identity of the same arn. Expected: the"
            + " same ones.",
        sameArn.andThen(policy(1, "{'Effect':'Deny','Action':'*','Resource':'*'}")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Condition", "NotAction", "NotResource", "Principal", "NotPrincipal"})
  void refusesStatementsItWouldHaveToIgnoreAPartOf(String field) {
    assertInvalid(
        "identities[1].policies[0].Statement[1] (Sid Second): "
            + field
            + " is not evaluated by this broker. Write the statement without it.",
        policy(
            1,
            "{'Effect':'Allow','Action':'*','Resource':'*'},"
                + "{'Sid':'Second','Effect':'Allow','Action':'*','Resource':'*','"
                + field
                + "':{}}"));
  }

  @Test
  void refusesStatementsThatAreNone() {
    String place = "identities[0].policies[0].Statement[0]";
    assertInvalid(
        place + ".Effect is 'allow'. Expected: Allow or Deny.",
        policy(0, "{'Effect':'allow','Action':'*','Resource':'*'}"));
    assertInvalid(
        place + ".Action is 'WriteData'. Expected: '*' or <service>:<action>.",
        policy(0, "{'Effect':'Allow','Action':'WriteData','Resource':'*'}"));
    assertInvalid(
        place + ".Resource is missing. Expected: a list of strings.",
        policy(0, "{'Effect':'Allow','Action':'*'}"));
    assertInvalid(
        place + ".Resource is 'topic/demo'. Expected: '*' or an ARN.",
        policy(0, "{'Effect':'Allow','Action':'*','Resource':'topic/demo'}"));
    assertInvalid(
        place
            + ".Resource is 'arn:aws:kafka:::topic/${aws:username}'. Expected: an ARN without"
            + " policy variables.",
        policy(
            0,
            "{'Effect':'Allow','Action':'*','Resource':'arn:aws:kafka:::topic/${aws:username}'}"));
    assertInvalid(
        "identities[0].policies[0].Version is '2020-01-01'",
        json ->
            ((ObjectNode) identity(json, 0).get("policies").get(0)).put("Version", "2020-01-01"));
  }

  private static void assertInvalid(String message, Consumer<ObjectNode> change) {
    String actual = messageOf(change);
    assertEquals(
        message,
        actual.length() > message.length() ? actual.substring(0, message.length()) : actual);
  }

  private static String messageOf(Consumer<ObjectNode> change) {
    return assertThrows(IamConfigurationException.class, () -> ExampleConfiguration.parsed(change))
        .getMessage();
  }
}
