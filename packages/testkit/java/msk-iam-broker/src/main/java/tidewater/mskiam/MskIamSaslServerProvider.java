package tidewater.mskiam;

import java.security.Provider;
import java.security.Security;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.CallbackHandler;
import javax.security.sasl.SaslServer;
import javax.security.sasl.SaslServerFactory;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule;

/**
 * Offers the SASL servers of both mechanisms to Java. It stands before Kafka's own provider of
 * OAUTHBEARER, and leaves listeners to that which have other callback handlers.
 */
public final class MskIamSaslServerProvider extends Provider {
  static final String AWS_MSK_IAM = "AWS_MSK_IAM";
  static final List<String> MECHANISMS =
      List.of(AWS_MSK_IAM, OAuthBearerLoginModule.OAUTHBEARER_MECHANISM);

  private static final long serialVersionUID = 1L;
  private static final String NAME = "TidewaterMskIam";

  private MskIamSaslServerProvider() {
    super(NAME, "1", "SASL servers that verify Amazon MSK IAM");
    for (String mechanism : MECHANISMS)
      put("SaslServerFactory." + mechanism, Factory.class.getName());
  }

  static synchronized void register() {
    if (Security.getProvider(NAME) == null)
      Security.insertProviderAt(new MskIamSaslServerProvider(), 1);
  }

  /** Made by Java's security framework, by name. */
  public static final class Factory implements SaslServerFactory {
    @Override
    public SaslServer createSaslServer(
        String mechanism,
        String protocol,
        String serverName,
        Map<String, ?> properties,
        CallbackHandler handler) {
      if (!(handler instanceof MskIamServerCallbackHandler ours)) return null;
      AuthenticationExchange exchange = ours.beginExchange();
      return mechanism.equals(AWS_MSK_IAM)
          ? new AwsMskIamSaslServer(exchange)
          : new MskOAuthBearerSaslServer(exchange);
    }

    @Override
    public String[] getMechanismNames(Map<String, ?> properties) {
      return MECHANISMS.toArray(new String[0]);
    }
  }
}
