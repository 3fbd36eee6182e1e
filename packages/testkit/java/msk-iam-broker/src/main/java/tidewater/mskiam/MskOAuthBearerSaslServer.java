package tidewater.mskiam;

import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.internals.OAuthBearerSaslServer;

/**
 * OAUTHBEARER with a presigned URL for a token. Kafka's own server reads the messages; it is
 * wrapped because a callback handler alone is told neither whose token it validates nor when the
 * connection is gone.
 */
final class MskOAuthBearerSaslServer implements SaslServer {
  private final AuthenticationExchange exchange;
  private final OAuthBearerSaslServer messages;

  MskOAuthBearerSaslServer(AuthenticationExchange exchange) {
    this.exchange = exchange;
    this.messages = new OAuthBearerSaslServer(new TokenValidator(exchange));
  }

  @Override
  public byte[] evaluateResponse(byte[] response) throws SaslException {
    try {
      return messages.evaluateResponse(response);
    } catch (SaslException thrown) {
      if (messages.isComplete()) throw thrown;
      exchange.authenticate(
          () -> {
            throw Refusal.accessDenied("the message is not OAUTHBEARER's");
          },
          IamConfiguration::serviceHosts);
      throw thrown;
    }
  }

  @Override
  public boolean isComplete() {
    return messages.isComplete();
  }

  @Override
  public String getMechanismName() {
    return messages.getMechanismName();
  }

  @Override
  public String getAuthorizationID() {
    return messages.getAuthorizationID();
  }

  @Override
  public Object getNegotiatedProperty(String name) {
    return messages.getNegotiatedProperty(name);
  }

  @Override
  public byte[] unwrap(byte[] incoming, int offset, int length) {
    return messages.unwrap(incoming, offset, length);
  }

  @Override
  public byte[] wrap(byte[] outgoing, int offset, int length) {
    return messages.wrap(outgoing, offset, length);
  }

  @Override
  public void dispose() {
    messages.dispose();
    exchange.dispose();
  }

  private record TokenValidator(AuthenticationExchange exchange)
      implements AuthenticateCallbackHandler {
    @Override
    public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
      for (Callback callback : callbacks) {
        // SASL extensions, which MSK has no use for, are left out of the session by Kafka when
        // nobody validates them.
        if (!(callback instanceof OAuthBearerValidatorCallback validation)) {
          throw new UnsupportedCallbackException(callback);
        }
        // An error set on the callback would reach clients as {"status":…}; the exception's text is
        // MSK's.
        AuthenticationExchange.Session session =
            exchange.authenticate(
                () -> PresignedUrl.parse(validation.tokenValue()), IamConfiguration::serviceHosts);
        validation.token(new VerifiedToken(session.principal(), session.expiresAtMs()));
      }
    }

    @Override
    public void configure(
        Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {}

    @Override
    public void close() {}
  }

  /** What Kafka keeps of a token: not its value, which is as good as a password while it lasts. */
  private record VerifiedToken(String principalName, long expiresAtMs) implements OAuthBearerToken {
    @Override
    public String value() {
      return "";
    }

    @Override
    public Set<String> scope() {
      return Set.of();
    }

    @Override
    public long lifetimeMs() {
      return expiresAtMs;
    }

    @Override
    public Long startTimeMs() {
      return null;
    }
  }
}
