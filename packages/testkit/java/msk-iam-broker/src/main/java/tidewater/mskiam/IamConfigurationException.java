package tidewater.mskiam;

import org.apache.kafka.common.config.ConfigException;

/**
 * The IAM configuration can't be used. A broker does not start with it; a running one refuses
 * everyone until it can.
 */
final class IamConfigurationException extends ConfigException {
  private static final long serialVersionUID = 1L;

  IamConfigurationException(String message) {
    super(message);
  }
}
