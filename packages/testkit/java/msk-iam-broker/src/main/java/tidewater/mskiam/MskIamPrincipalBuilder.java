package tidewater.mskiam;

import javax.security.sasl.SaslServer;
import org.apache.kafka.common.security.auth.AuthenticationContext;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.KafkaPrincipalBuilder;
import org.apache.kafka.common.security.auth.KafkaPrincipalSerde;
import org.apache.kafka.common.security.auth.SaslAuthenticationContext;
import org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder;

/**
 * {@code principal.builder.class} of the IAM listener: the principal's type is IAM, its name the
 * ARN.
 *
 * <p>A request that the broker forwards to the controller carries the principal as this class
 * writes it and is read by the builder of the controller's listener, which is Kafka's default one.
 * So the form on the wire is Kafka's.
 */
public final class MskIamPrincipalBuilder implements KafkaPrincipalBuilder, KafkaPrincipalSerde {
  static final String PRINCIPAL_TYPE = "IAM";

  private final DefaultKafkaPrincipalBuilder standard =
      new DefaultKafkaPrincipalBuilder(null, null);

  @Override
  public KafkaPrincipal build(AuthenticationContext context) {
    if (!(context instanceof SaslAuthenticationContext sasl)) return standard.build(context);
    SaslServer server = sasl.server();
    return server instanceof AwsMskIamSaslServer || server instanceof MskOAuthBearerSaslServer
        ? new KafkaPrincipal(PRINCIPAL_TYPE, server.getAuthorizationID())
        : standard.build(context);
  }

  @Override
  public byte[] serialize(KafkaPrincipal principal) {
    return standard.serialize(principal);
  }

  @Override
  public KafkaPrincipal deserialize(byte[] bytes) {
    return standard.deserialize(bytes);
  }
}
