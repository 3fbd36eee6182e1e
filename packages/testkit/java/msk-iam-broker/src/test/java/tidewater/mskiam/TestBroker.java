package tidewater.mskiam;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The shared part of a broker, with a configuration in a folder and a clock that stands still until
 * it is moved.
 */
final class TestBroker {
  static final UUID REQUEST_ID = UUID.fromString("00000000-0000-0000-0000-00000000abcd");

  final Path configFile;
  final IamBroker broker;
  private final Path decisionLogFile;
  private Instant now = ExampleConfiguration.SIGNED_AT;
  private long nanos;

  TestBroker(Path folder, Consumer<ObjectNode> change) {
    configFile = folder.resolve("iam.json");
    decisionLogFile = folder.resolve("decisions.jsonl");
    configure(change);
    Clock clock =
        new Clock() {
          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return now;
          }
        };
    broker =
        new IamBroker(
            new IamConfigurationFile(configFile, () -> nanos),
            clock,
            () -> nanos,
            () -> REQUEST_ID);
  }

  /** The broker sees it after {@link #advance}. */
  void configure(Consumer<ObjectNode> change) {
    try {
      Files.write(
          configFile,
          ExampleConfiguration.bytes(
              json -> {
                json.put("decisionLogFile", decisionLogFile.toString());
                change.accept(json);
              }));
    } catch (IOException thrown) {
      throw new UncheckedIOException(thrown);
    }
  }

  void advance(long seconds) {
    now = now.plusSeconds(seconds);
    nanos += seconds * 1_000_000_000L;
  }

  List<JsonNode> decisions() {
    try {
      List<JsonNode> decisions = new ArrayList<>();
      if (!Files.exists(decisionLogFile)) return decisions;
      for (String line : Files.readAllLines(decisionLogFile))
        decisions.add(new JsonMapper().readTree(line));
      return decisions;
    } catch (IOException thrown) {
      throw new UncheckedIOException(thrown);
    }
  }

  JsonNode lastDecision() {
    List<JsonNode> decisions = decisions();
    return decisions.get(decisions.size() - 1);
  }
}
