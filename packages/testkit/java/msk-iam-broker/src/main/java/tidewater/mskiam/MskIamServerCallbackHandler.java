package tidewater.mskiam;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;

/**
 * {@code listener.name.<listener>.<mechanism>.sasl.server.callback.handler.class} of both
 * mechanisms. It carries the broker's configuration to the SASL servers, which ask nothing of it by
 * callbacks: they are made per connection and so know what belongs to which.
 */
public final class MskIamServerCallbackHandler implements AuthenticateCallbackHandler {
  static {
    MskIamSaslServerProvider.register();
  }

  private String mechanism;
  private IamBroker broker;

  @Override
  public void configure(
      Map<String, ?> configs, String saslMechanism, List<AppConfigurationEntry> jaasConfigEntries) {
    if (!MskIamSaslServerProvider.MECHANISMS.contains(saslMechanism)) {
      throw new ConfigException(
          saslMechanism
              + " has nothing to do with MSK IAM. Expected: one of "
              + MskIamSaslServerProvider.MECHANISMS
              + ".");
    }
    mechanism = saslMechanism;
    broker = IamBroker.of(configs);
  }

  AuthenticationExchange beginExchange() {
    return AuthenticationExchange.begin(broker, mechanism);
  }

  /**
   * Comes only when another provider's SASL server was chosen, which must not authenticate anyone.
   */
  @Override
  public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
    throw new UnsupportedCallbackException(
        callbacks[0], "Another SASL server has taken the place of MSK IAM's");
  }

  @Override
  public void close() {}
}
