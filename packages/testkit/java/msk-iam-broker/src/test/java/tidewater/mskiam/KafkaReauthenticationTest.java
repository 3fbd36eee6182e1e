package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.ToolProvider;
import org.apache.kafka.common.security.authenticator.SaslServerAuthenticator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaReauthenticationTest {
  @TempDir private Path folder;

  @Test
  void kafkaStillReauthenticatesWhereItIsLookedFor() {
    assertEquals(KafkaReauthentication.AUTHENTICATOR, SaslServerAuthenticator.class.getName());
    assertTrue(
        List.of(SaslServerAuthenticator.class.getDeclaredMethods()).stream()
            .anyMatch(method -> method.getName().equals(KafkaReauthentication.METHOD)));
  }

  @Test
  void replacesTheSessionOfAConnection() throws Exception {
    TestBroker test = new TestBroker(folder, json -> json.put("maxConnections", 1));
    AuthenticationExchange first = AuthenticationExchange.begin(test.broker, "OAUTHBEARER");
    authenticate(first, "longTerm");
    AuthenticationExchange[] second = new AuthenticationExchange[1];
    withinReauthenticate(
        () -> {
          assertTrue(KafkaReauthentication.isUnderWay());
          first.dispose();
          second[0] = AuthenticationExchange.begin(test.broker, "OAUTHBEARER");
        });
    authenticate(second[0], "longTerm");
    assertEquals(1, test.broker.quota().connections());
    assertEquals(
        List.of("authentication", "reauthentication"),
        test.decisions().stream().map(decision -> decision.get("kind").textValue()).toList());
    second[0].dispose();
    assertEquals("session-ended", test.lastDecision().get("kind").textValue());
    assertEquals(0, test.broker.quota().connections());
  }

  @Test
  void noticesAnotherPrincipal() throws Exception {
    TestBroker test = new TestBroker(folder, json -> {});
    AuthenticationExchange first = AuthenticationExchange.begin(test.broker, "OAUTHBEARER");
    authenticate(first, "longTerm");
    AuthenticationExchange[] second = new AuthenticationExchange[1];
    withinReauthenticate(
        () -> {
          first.dispose();
          second[0] = AuthenticationExchange.begin(test.broker, "OAUTHBEARER");
        });
    authenticate(second[0], "temporary");
    assertEquals("denied", test.lastDecision().get("result").textValue());
  }

  @Test
  void aConnectionAfterAnotherOneIsNew() {
    TestBroker test = new TestBroker(folder, json -> {});
    AuthenticationExchange first = AuthenticationExchange.begin(test.broker, "OAUTHBEARER");
    authenticate(first, "longTerm");
    first.dispose();
    authenticate(AuthenticationExchange.begin(test.broker, "OAUTHBEARER"), "temporary");
    assertFalse(KafkaReauthentication.isUnderWay());
    assertEquals(
        List.of("authentication", "session-ended", "authentication"),
        test.decisions().stream().map(decision -> decision.get("kind").textValue()).toList());
  }

  private static void authenticate(AuthenticationExchange exchange, String fixture) {
    exchange.authenticate(
        () -> ExampleConfiguration.presigned(fixture), IamConfiguration::serviceHosts);
  }

  // Kafka's class needs a socket to get there, so one of its name calls back instead.
  private void withinReauthenticate(Runnable action) throws Exception {
    int dot = KafkaReauthentication.AUTHENTICATOR.lastIndexOf('.');
    Path source = folder.resolve("SaslServerAuthenticator.java");
    Files.writeString(
        source,
        "package "
            + KafkaReauthentication.AUTHENTICATOR.substring(0, dot)
            + ";"
            + "public class SaslServerAuthenticator {"
            + "  public static void reauthenticate(Runnable action) { action.run(); }"
            + "}");
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", folder.toString(), source.toString()));
    URL[] classes = {folder.toUri().toURL()};
    try (URLClassLoader loader =
        new URLClassLoader(classes, ClassLoader.getPlatformClassLoader())) {
      loader
          .loadClass(KafkaReauthentication.AUTHENTICATOR)
          .getMethod(KafkaReauthentication.METHOD, Runnable.class)
          .invoke(null, action);
    }
  }
}
