package tidewater.mskiam;

import java.util.Arrays;
import javax.security.sasl.SaslServer;
import org.apache.kafka.common.security.authenticator.SaslInternalConfigs;

/** AWS_MSK_IAM: one message with a signed payload, one answer with the request's id. */
final class AwsMskIamSaslServer implements SaslServer {
  private final AuthenticationExchange exchange;
  private AuthenticationExchange.Session session;

  AwsMskIamSaslServer(AuthenticationExchange exchange) {
    this.exchange = exchange;
  }

  @Override
  public byte[] evaluateResponse(byte[] response) {
    session =
        exchange.authenticate(() -> SignedPayload.parse(response), IamConfiguration::acceptedHosts);
    return SignedPayload.answer(session.requestId());
  }

  @Override
  public boolean isComplete() {
    return session != null;
  }

  @Override
  public String getMechanismName() {
    return MskIamSaslServerProvider.AWS_MSK_IAM;
  }

  @Override
  public String getAuthorizationID() {
    return complete().principal();
  }

  /** Kafka casts the credential's lifetime to Long. */
  @Override
  public Object getNegotiatedProperty(String name) {
    AuthenticationExchange.Session complete = complete();
    return SaslInternalConfigs.CREDENTIAL_LIFETIME_MS_SASL_NEGOTIATED_PROPERTY_KEY.equals(name)
        ? (Object) complete.expiresAtMs()
        : null;
  }

  @Override
  public byte[] unwrap(byte[] incoming, int offset, int length) {
    complete();
    return Arrays.copyOfRange(incoming, offset, offset + length);
  }

  @Override
  public byte[] wrap(byte[] outgoing, int offset, int length) {
    complete();
    return Arrays.copyOfRange(outgoing, offset, offset + length);
  }

  @Override
  public void dispose() {
    exchange.dispose();
  }

  private AuthenticationExchange.Session complete() {
    if (session == null)
      throw new IllegalStateException("Authentication exchange has not completed");
    return session;
  }
}
