package tidewater.mskiam;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigException;

/**
 * What the callback handlers, of which Kafka makes one per network thread and mechanism, and the
 * authorizers, of which a combined broker and controller has two, must share.
 */
final class IamBroker {
  /** Key of the broker's properties: the path of iam.json. */
  static final String CONFIG_FILE = "tidewater.iam.config.file";

  private static final Map<Path, IamBroker> BROKERS = new ConcurrentHashMap<>();

  private final IamConfigurationFile file;
  private final DecisionLog decisionLog = new DecisionLog();
  private final ConnectionQuota quota = new ConnectionQuota();
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final Supplier<UUID> requestIds;

  IamBroker(
      IamConfigurationFile file, Clock clock, LongSupplier nanoTime, Supplier<UUID> requestIds) {
    this.file = file;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.requestIds = requestIds;
  }

  /**
   * @throws ConfigException when the file is not named or can't be used: the broker must not start
   *     then
   */
  static IamBroker of(Map<String, ?> brokerProperties) {
    Object path = brokerProperties.get(CONFIG_FILE);
    if (!(path instanceof String text) || text.isBlank()) {
      throw new ConfigException(
          CONFIG_FILE + " is missing. Expected: the path of the IAM configuration.");
    }
    return BROKERS.computeIfAbsent(
        Path.of(text).toAbsolutePath().normalize(),
        file ->
            new IamBroker(
                new IamConfigurationFile(file, System::nanoTime),
                Clock.systemUTC(),
                System::nanoTime,
                UUID::randomUUID));
  }

  /**
   * @throws IamConfigurationException while the file can't be used
   */
  IamConfiguration configuration() {
    return file.current();
  }

  /** As {@link #configuration}, for who authenticates: read again if it changed since. */
  IamConfiguration freshConfiguration() {
    return file.fresh();
  }

  ConnectionQuota quota() {
    return quota;
  }

  Clock clock() {
    return clock;
  }

  long nanoTime() {
    return nanoTime.getAsLong();
  }

  String newRequestId() {
    return requestIds.get().toString();
  }

  boolean logsAllowedAuthorizations() {
    return file.lastValid().logAllowedAuthorizations();
  }

  void log(Decision decision) {
    decisionLog.append(file.lastValid().decisionLogFile(), decision);
  }
}
