package tidewater.mskiam;

/**
 * Tells a re-authentication (KIP-368) from a new connection, and a session that is replaced from
 * one that ends.
 *
 * <p>Kafka gives a SASL server no handle on its connection: re-authenticating disposes of the old
 * server and makes another one. But it does both within one call of {@code
 * SaslServerAuthenticator.reauthenticate}, on one thread, and calls that for nothing else. So the
 * stack says what is going on, and a thread-local hands the principal over.
 */
final class KafkaReauthentication {
  static final String AUTHENTICATOR =
      "org.apache.kafka.common.security.authenticator.SaslServerAuthenticator";
  static final String METHOD = "reauthenticate";

  private static final ThreadLocal<String> PREVIOUS_PRINCIPAL = new ThreadLocal<>();

  private KafkaReauthentication() {}

  static boolean isUnderWay() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames.anyMatch(
                    frame ->
                        frame.getMethodName().equals(METHOD)
                            && frame.getClassName().equals(AUTHENTICATOR)));
  }

  static void handOver(String principal) {
    PREVIOUS_PRINCIPAL.set(principal);
  }

  /** Null when the former server had no principal. */
  static String takeOver() {
    String principal = PREVIOUS_PRINCIPAL.get();
    PREVIOUS_PRINCIPAL.remove();
    return principal;
  }
}
