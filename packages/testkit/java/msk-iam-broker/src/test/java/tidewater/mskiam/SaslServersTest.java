package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tidewater.mskiam.ExampleConfiguration.SIGNED_AT;
import static tidewater.mskiam.ExampleConfiguration.USER;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SaslAuthenticationContext;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SaslServersTest {
  // SaslInternalConfigs' key, under which Kafka asks for the session's end.
  private static final String LIFETIME = "CREDENTIAL.LIFETIME.MS";
  private static final Object EXPIRES_AT_MS = SIGNED_AT.plusSeconds(900).toEpochMilli();

  @TempDir private Path folder;

  @Test
  void awsMskIamAnswersAndGivesKafkaWhatItNeeds() throws Exception {
    TestBroker test = broker(json -> {});
    SaslServer server = new AwsMskIamSaslServer(exchange(test, "AWS_MSK_IAM"));
    assertThrows(IllegalStateException.class, () -> server.getNegotiatedProperty(LIFETIME));
    byte[] payload =
        ExampleConfiguration.payload("broker").toString().getBytes(StandardCharsets.UTF_8);
    assertEquals(
        "{\"version\":\"2020_10_22\",\"request-id\":\"" + TestBroker.REQUEST_ID + "\"}",
        new String(server.evaluateResponse(payload), StandardCharsets.UTF_8));
    assertComplete(server, "AWS_MSK_IAM", test);
  }

  @Test
  void oauthBearerAcceptsAPresignedUrl() throws Exception {
    TestBroker test = broker(json -> {});
    SaslServer server = new MskOAuthBearerSaslServer(exchange(test, "OAUTHBEARER"));
    assertArrayEquals(new byte[0], server.evaluateResponse(oauthMessage("longTerm")));
    assertComplete(server, "OAUTHBEARER", test);
  }

  @Test
  void neitherMechanismAcceptsTheOthersHost() {
    TestBroker test = broker(json -> {});
    byte[] payload =
        ExampleConfiguration.payload("longTerm").toString().getBytes(StandardCharsets.UTF_8);
    assertDenied(new AwsMskIamSaslServer(exchange(test, "AWS_MSK_IAM")), payload);
    assertDenied(
        new MskOAuthBearerSaslServer(exchange(test, "OAUTHBEARER")), oauthMessage("broker"));
  }

  @Test
  void whatIsNoOauthBearerMessageIsDeniedAndLogged() {
    TestBroker test = broker(json -> {});
    SaslServer server = new MskOAuthBearerSaslServer(exchange(test, "OAUTHBEARER"));
    assertDenied(server, "nonsense".getBytes(StandardCharsets.UTF_8));
    assertEquals("the message is not OAUTHBEARER's", test.lastDecision().get("reason").textValue());
    assertEquals(0, test.broker.quota().connections());
  }

  @Test
  void aSecondMessageIsDenied() throws SaslException {
    TestBroker test = broker(json -> {});
    byte[] payload =
        ExampleConfiguration.payload("broker").toString().getBytes(StandardCharsets.UTF_8);
    SaslServer server = new AwsMskIamSaslServer(exchange(test, "AWS_MSK_IAM"));
    server.evaluateResponse(payload);
    assertDenied(server, payload);
  }

  @Test
  void javaFindsTheServersByTheHandlerOfTheListener() throws SaslException {
    MskIamServerCallbackHandler handler = new MskIamServerCallbackHandler();
    Map<String, String> properties =
        Map.of(IamBroker.CONFIG_FILE, broker(json -> {}).configFile.toString());
    handler.configure(properties, "OAUTHBEARER", List.of());
    assertInstanceOf(
        MskOAuthBearerSaslServer.class,
        Sasl.createSaslServer("OAUTHBEARER", "kafka", "localhost", Map.of(), handler));
    assertInstanceOf(
        AwsMskIamSaslServer.class,
        Sasl.createSaslServer("AWS_MSK_IAM", "kafka", "localhost", Map.of(), handler));
    assertThrows(ConfigException.class, () -> handler.configure(properties, "PLAIN", List.of()));
    assertThrows(
        ConfigException.class, () -> handler.configure(Map.of(), "OAUTHBEARER", List.of()));
  }

  @Test
  void listenersWithOtherHandlersAreLeftAlone() throws SaslException {
    new MskIamServerCallbackHandler();
    SaslServer server =
        Sasl.createSaslServer(
            "OAUTHBEARER",
            "kafka",
            "localhost",
            Map.of(),
            new OAuthBearerUnsecuredValidatorCallbackHandler());
    assertFalse(server instanceof MskOAuthBearerSaslServer);
  }

  private void assertComplete(SaslServer server, String mechanism, TestBroker test)
      throws Exception {
    assertTrue(server.isComplete());
    assertEquals(mechanism, server.getMechanismName());
    assertEquals(EXPIRES_AT_MS, server.getNegotiatedProperty(LIFETIME));
    KafkaPrincipal principal =
        new MskIamPrincipalBuilder()
            .build(
                new SaslAuthenticationContext(
                    server,
                    SecurityProtocol.SASL_SSL,
                    InetAddress.getLoopbackAddress(),
                    "IAM",
                    Optional.empty()));
    assertEquals(new KafkaPrincipal("IAM", USER), principal);
    assertNull(server.getNegotiatedProperty("something else"));
    assertEquals(1, test.broker.quota().connections());
    server.dispose();
    assertEquals(0, test.broker.quota().connections());
  }

  private static void assertDenied(SaslServer server, byte[] message) {
    SaslAuthenticationException denied =
        assertThrows(SaslAuthenticationException.class, () -> server.evaluateResponse(message));
    assertEquals("[" + TestBroker.REQUEST_ID + "]: Access denied", denied.getMessage());
  }

  private TestBroker broker(Consumer<ObjectNode> change) {
    return new TestBroker(folder, change);
  }

  private static AuthenticationExchange exchange(TestBroker test, String mechanism) {
    return new AuthenticationExchange(test.broker, mechanism, false, null);
  }

  private static byte[] oauthMessage(String fixture) {
    String token = ExampleConfiguration.token(ExampleConfiguration.presignedUrl(fixture));
    return ("n,,\u0001auth=Bearer " + token + "\u0001\u0001").getBytes(StandardCharsets.UTF_8);
  }
}
