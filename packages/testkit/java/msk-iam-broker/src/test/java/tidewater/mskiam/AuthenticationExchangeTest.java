package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static tidewater.mskiam.ExampleConfiguration.ROLE_SESSION;
import static tidewater.mskiam.ExampleConfiguration.SIGNED_AT;
import static tidewater.mskiam.ExampleConfiguration.USER;
import static tidewater.mskiam.ExampleConfiguration.identity;
import static tidewater.mskiam.ExampleConfiguration.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthenticationExchangeTest {
  @TempDir private Path folder;

  @Test
  void beginsASessionAndSaysWhatEndsIt() {
    TestBroker test = broker(json -> {});
    AuthenticationExchange.Session session = authenticate(test, newConnection(test), "longTerm");
    assertEquals(USER, session.principal());
    assertEquals(SIGNED_AT.plusSeconds(900).toEpochMilli(), session.expiresAtMs());
    JsonNode decision = test.lastDecision();
    assertEquals("authentication", decision.get("kind").textValue());
    assertEquals("allowed", decision.get("result").textValue());
    assertEquals("the session ends with the token", decision.get("reason").textValue());
    assertEquals(900, decision.get("sessionSeconds").doubleValue());
    assertEquals("AKIDEXAMPLE", decision.get("accessKeyId").textValue());
    assertEquals(TestBroker.REQUEST_ID.toString(), decision.get("requestId").textValue());
  }

  @Test
  void measuresClientsWithTheOffsetAndSessionsWithout() {
    TestBroker test = broker(json -> json.put("clockOffsetSeconds", 600));
    AuthenticationExchange.Session session = authenticate(test, newConnection(test), "longTerm");
    assertEquals(SIGNED_AT.plusSeconds(300).toEpochMilli(), session.expiresAtMs());
  }

  @Test
  void tellsTheClientNothingButTheAnswer() {
    assertRefused(
        "longTerm",
        "Access denied",
        "authentication",
        json -> json.put("clockOffsetSeconds", 1200));
    assertRefused(
        "longTerm",
        "Access denied",
        "authentication",
        json -> json.put("clockOffsetSeconds", -301));
    assertRefused(
        "longTerm",
        "Session too short",
        "authentication",
        json -> json.put("clockOffsetSeconds", 896));
    assertRefused("wrongSecret", "Access denied", "authentication", json -> {});
    assertRefused("unknownKey", "Access denied", "authentication", json -> {});
    assertRefused(
        "temporary",
        "Access denied",
        "authentication",
        json -> identity(json, 1).put("expiresAt", SIGNED_AT.toString()));
    assertRefused(
        "temporary",
        "Session too short",
        "authentication",
        json -> identity(json, 1).put("expiresAt", SIGNED_AT.plusSeconds(4).toString()));
    assertRefused(
        "longTerm",
        "Access denied",
        "authentication",
        policy(0, "{'Effect':'Allow','Action':'kafka-cluster:*Topic','Resource':'*'}"));
  }

  @Test
  void refusesEveryoneWhileTheConfigurationIsInvalid() {
    TestBroker test = broker(json -> {});
    test.configure(json -> json.put("maxConnections", 0));
    test.advance(1);
    assertThrows(
        SaslAuthenticationException.class,
        () -> authenticate(test, newConnection(test), "longTerm"));
    assertEquals(
        "iam.json: maxConnections is 0. Expected: a whole number within 1 and 1000000.",
        test.lastDecision().get("reason").textValue());
  }

  @Test
  void refusesConnectionsOverTheRateUntilASecondHasPassed() {
    TestBroker test = broker(json -> json.put("connectionsPerSecond", 1));
    authenticate(test, newConnection(test), "longTerm");
    SaslAuthenticationException refused =
        assertThrows(
            SaslAuthenticationException.class,
            () -> authenticate(test, newConnection(test), "longTerm"));
    assertEquals("[" + TestBroker.REQUEST_ID + "]: Too many connects", refused.getMessage());
    assertEquals("connection-refused", test.lastDecision().get("kind").textValue());
    test.advance(1);
    authenticate(test, newConnection(test), "longTerm");
  }

  @Test
  void countsAConnectionUntilItIsDisposedOf() {
    TestBroker test = broker(json -> json.put("maxConnections", 1));
    AuthenticationExchange first = newConnection(test);
    authenticate(test, first, "longTerm");
    assertThrows(
        SaslAuthenticationException.class,
        () -> authenticate(test, newConnection(test), "longTerm"));
    test.advance(10);
    first.dispose();
    first.dispose();
    assertEquals(0, test.broker.quota().connections());
    assertEquals("session-ended", test.lastDecision().get("kind").textValue());
    assertEquals(
        "the connection closed 890000 ms before the session's end",
        test.lastDecision().get("reason").textValue());
    authenticate(test, newConnection(test), "longTerm");
  }

  @Test
  void doesNotCountWhatItRefused() {
    TestBroker test = broker(json -> json.put("maxConnections", 1));
    AuthenticationExchange refused = newConnection(test);
    assertThrows(
        SaslAuthenticationException.class, () -> authenticate(test, refused, "wrongSecret"));
    assertEquals(0, test.broker.quota().connections());
    refused.dispose();
    assertEquals(0, test.broker.quota().connections());
    assertEquals(1, test.decisions().size(), "a session that never was does not end");
  }

  @Test
  void asksNoQuotaOfAReauthentication() {
    TestBroker test = broker(json -> json.put("connectionsPerSecond", 1).put("maxConnections", 1));
    authenticate(test, newConnection(test), "longTerm");
    AuthenticationExchange again =
        new AuthenticationExchange(test.broker, "OAUTHBEARER", true, USER);
    authenticate(test, again, "longTerm");
    assertEquals("reauthentication", test.lastDecision().get("kind").textValue());
  }

  @Test
  void leavesAChangedPrincipalToKafkaButLogsIt() {
    TestBroker test = broker(json -> {});
    AuthenticationExchange again =
        new AuthenticationExchange(test.broker, "OAUTHBEARER", true, USER);
    assertEquals(ROLE_SESSION, authenticate(test, again, "temporary").principal());
    assertEquals("denied", test.lastDecision().get("result").textValue());
    assertEquals(
        "the principal was " + USER + " before", test.lastDecision().get("reason").textValue());
    again.dispose();
    assertEquals(USER, test.lastDecision().get("principal").textValue());
  }

  @Test
  void endsTheFormerSessionWhenAReauthenticationIsRefused() {
    TestBroker test = broker(json -> {});
    AuthenticationExchange again =
        new AuthenticationExchange(test.broker, "OAUTHBEARER", true, USER);
    assertThrows(SaslAuthenticationException.class, () -> authenticate(test, again, "wrongSecret"));
    again.dispose();
    assertEquals("session-ended", test.lastDecision().get("kind").textValue());
    assertEquals(
        "the connection closed after a re-authentication that was refused",
        test.lastDecision().get("reason").textValue());
    assertEquals(0, test.broker.quota().connections());
  }

  @Test
  void writesNoSecretToTheLog() {
    TestBroker test = broker(json -> {});
    authenticate(test, newConnection(test), "temporary");
    assertThrows(
        SaslAuthenticationException.class,
        () -> authenticate(test, newConnection(test), "tokenNotOurs"));
    String log = test.decisions().toString();
    assertFalse(log.contains(ExampleConfiguration.SECRET));
    assertFalse(log.contains(ExampleConfiguration.SESSION_TOKEN));
    String url = ExampleConfiguration.presignedUrl("temporary");
    assertFalse(log.contains(url.substring(url.indexOf("Signature=") + 10)));
  }

  private void assertRefused(
      String fixture, String answer, String kind, Consumer<ObjectNode> change) {
    TestBroker test = broker(change);
    SaslAuthenticationException refused =
        assertThrows(
            SaslAuthenticationException.class,
            () -> authenticate(test, newConnection(test), fixture));
    assertEquals("[" + TestBroker.REQUEST_ID + "]: " + answer, refused.getMessage());
    assertEquals(kind, test.lastDecision().get("kind").textValue());
    assertEquals("denied", test.lastDecision().get("result").textValue());
  }

  private TestBroker broker(Consumer<ObjectNode> change) {
    return new TestBroker(folder, change);
  }

  private static AuthenticationExchange newConnection(TestBroker test) {
    return new AuthenticationExchange(test.broker, "OAUTHBEARER", false, null);
  }

  private static AuthenticationExchange.Session authenticate(
      TestBroker test, AuthenticationExchange exchange, String fixture) {
    return exchange.authenticate(
        () -> ExampleConfiguration.presigned(fixture), IamConfiguration::serviceHosts);
  }
}
