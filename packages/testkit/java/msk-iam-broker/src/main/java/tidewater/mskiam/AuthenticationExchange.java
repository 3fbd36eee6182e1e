package tidewater.mskiam;

import java.time.Instant;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One authentication or re-authentication of one connection, and the session it begins. */
final class AuthenticationExchange {
  private static final Logger LOG = LoggerFactory.getLogger(AuthenticationExchange.class);

  private final IamBroker broker;
  private final String mechanism;
  private final boolean reauthentication;
  private final String previousPrincipal;
  private boolean counted;
  private boolean disposed;
  private Session session;

  /**
   * @param reauthentication whether the connection had a session before; it is not new then, and no
   *     quota is asked
   * @param previousPrincipal of that session
   */
  AuthenticationExchange(
      IamBroker broker, String mechanism, boolean reauthentication, String previousPrincipal) {
    this.broker = broker;
    this.mechanism = mechanism;
    this.reauthentication = reauthentication;
    this.previousPrincipal = previousPrincipal;
  }

  /** The exchange that Kafka asks for by making a SASL server just now. */
  static AuthenticationExchange begin(IamBroker broker, String mechanism) {
    boolean reauthentication = KafkaReauthentication.isUnderWay();
    String previousPrincipal = KafkaReauthentication.takeOver();
    return new AuthenticationExchange(
        broker, mechanism, reauthentication, reauthentication ? previousPrincipal : null);
  }

  /**
   * @param expiresAtMs when the session ends, by the machine's clock
   * @param requestId for the client and the decision log
   */
  record Session(String principal, long expiresAtMs, double seconds, String requestId) {}

  /** What is known of an attempt, for the decision log, however far it came. */
  private static final class Attempt {
    private String accessKeyId;
    private String principal;
  }

  /**
   * Verifies the client's message and begins a session.
   *
   * @param parser reads the message, throwing {@link Refusal}
   * @param hosts those the message may have signed
   * @throws SaslAuthenticationException when it is refused. Of a {@link
   *     javax.security.sasl.SaslException} Kafka would not send the text.
   */
  Session authenticate(
      Supplier<PresignedRequest> parser, Function<IamConfiguration, Set<String>> hosts) {
    String requestId = broker.newRequestId();
    Attempt attempt = new Attempt();
    boolean accepted = false;
    try {
      session = verify(parser, hosts, requestId, attempt);
      accepted = true;
      return session;
    } catch (Refusal refusal) {
      log(kind(refusal), attempt, requestId, false, refusal.reason(), null);
      throw refuse(requestId, refusal.answer());
    } catch (IamConfigurationException invalid) {
      log(kind(null), attempt, requestId, false, invalid.getMessage(), null);
      throw refuse(requestId, Refusal.Answer.ACCESS_DENIED);
    } finally {
      if (!accepted) uncount();
    }
  }

  /** Ends the session, if there is one, or lets the connection's next exchange go on with it. */
  void dispose() {
    if (disposed) return;
    disposed = true;
    uncount();
    String principal =
        previousPrincipal == null && session != null ? session.principal : previousPrincipal;
    if (KafkaReauthentication.isUnderWay()) {
      KafkaReauthentication.handOver(principal);
    } else if (principal != null) {
      logEnd(principal);
    }
  }

  private Session verify(
      Supplier<PresignedRequest> parser,
      Function<IamConfiguration, Set<String>> hosts,
      String requestId,
      Attempt attempt) {
    if (session != null) throw Refusal.accessDenied("a message after the exchange was complete");
    IamConfiguration configuration = broker.freshConfiguration();
    count(configuration);
    PresignedRequest request = parser.get();
    Identity claimed = configuration.identityOfAccessKey(request.accessKeyId());
    // An unknown key is the client's text: bounded like any other.
    attempt.accessKeyId =
        claimed == null ? abbreviate(request.accessKeyId()) : claimed.accessKeyId();
    attempt.principal = claimed == null ? null : claimed.arn();
    Instant now = broker.clock().instant();
    Instant skewedNow = now.plus(configuration.clockOffset());
    RequestVerifier.Verified verified =
        RequestVerifier.verify(request, hosts.apply(configuration), configuration, skewedNow);
    Identity identity = verified.identity();
    if (identity.expiresAt() != null && !skewedNow.isBefore(identity.expiresAt())) {
      throw Refusal.accessDenied("the credentials expired at " + identity.expiresAt());
    }
    AccessEvaluator.Access connect =
        configuration.accessOf(identity.arn()).decide(KafkaClusterAction.CONNECT, "");
    if (!connect.allowed()) throw Refusal.accessDenied(connect.reason());
    SessionLifetime lifetime =
        SessionLifetime.until(
            skewedNow,
            verified.tokenExpiresAt(),
            identity.expiresAt(),
            configuration.longestSession(),
            configuration.shortestSession());
    // Kafka subtracts its own clock, which has no offset.
    long expiresAtMs = now.plus(lifetime.length()).toEpochMilli();
    boolean samePrincipal = previousPrincipal == null || previousPrincipal.equals(identity.arn());
    log(
        kind(null),
        attempt,
        requestId,
        samePrincipal,
        samePrincipal
            ? "the session ends with " + lifetime.limitedBy()
            // Kafka itself refuses it, with the text MSK has.
            : "the principal was " + previousPrincipal + " before",
        lifetime);
    return new Session(identity.arn(), expiresAtMs, lifetime.seconds(), requestId);
  }

  private void count(IamConfiguration configuration) {
    if (reauthentication) {
      broker.quota().readmit();
    } else {
      broker
          .quota()
          .admit(
              broker.nanoTime(),
              configuration.connectionsPerSecond(),
              configuration.maxConnections());
    }
    counted = true;
  }

  private void uncount() {
    if (counted) broker.quota().release();
    counted = false;
  }

  private Decision.Kind kind(Refusal refusal) {
    if (refusal != null && refusal.answer() == Refusal.Answer.TOO_MANY_CONNECTS) {
      return Decision.Kind.CONNECTION_REFUSED;
    }
    return reauthentication ? Decision.Kind.REAUTHENTICATION : Decision.Kind.AUTHENTICATION;
  }

  private void log(
      Decision.Kind kind,
      Attempt attempt,
      String requestId,
      boolean allowed,
      String reason,
      SessionLifetime lifetime) {
    Decision decision =
        new Decision(broker.clock().instant(), kind, allowed, reason)
            .with("mechanism", mechanism)
            .with("principal", attempt.principal)
            .with("accessKeyId", attempt.accessKeyId)
            .with("requestId", requestId);
    broker.log(lifetime == null ? decision : decision.withSessionSeconds(lifetime.seconds()));
  }

  private void logEnd(String principal) {
    long leftMs = session == null ? 0 : session.expiresAtMs - broker.clock().millis();
    String reason =
        session == null
            ? "the connection closed after a re-authentication that was refused"
            : leftMs > 0
                ? "the connection closed " + leftMs + " ms before the session's end"
                : "the connection closed " + -leftMs + " ms after the session's end";
    Decision decision =
        new Decision(broker.clock().instant(), Decision.Kind.SESSION_ENDED, true, reason)
            .with("mechanism", mechanism)
            .with("principal", principal);
    try {
      broker.log(session == null ? decision : decision.withSessionSeconds(session.seconds));
    } catch (RuntimeException thrown) {
      // The connection is being closed, which must go on.
      LOG.error("The end of a session was not logged", thrown);
    }
  }

  private static SaslAuthenticationException refuse(String requestId, Refusal.Answer answer) {
    return new SaslAuthenticationException("[" + requestId + "]: " + answer.text());
  }

  private static String abbreviate(String accessKeyId) {
    return accessKeyId.length() <= 128 ? accessKeyId : accessKeyId.substring(0, 128);
  }
}
