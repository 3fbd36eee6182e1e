package tidewater.mskiam;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * iam.json, read again when it changes. While it can't be used everyone is refused: the former
 * content in its place would let a test pass that was meant to fail. Whoever writes it should
 * therefore write another file and rename it.
 */
final class IamConfigurationFile {
  static final long CHECK_INTERVAL_NANOS = 200_000_000L;

  private static final Logger LOG = LoggerFactory.getLogger(IamConfigurationFile.class);

  private final Path file;
  private final LongSupplier nanoTime;
  private long checkedAtNanos;
  private Stamp stamp;
  private IamConfiguration configuration;
  private IamConfiguration lastValid;
  private IamConfigurationException failure;

  /**
   * The file's key tells a file from the one that was renamed over it, when both have one size and
   * time.
   */
  private record Stamp(FileTime modifiedAt, long sizeBytes, Object fileKey) {}

  /**
   * @param nanoTime as {@link System#nanoTime}
   * @throws IamConfigurationException when it can't be used
   */
  IamConfigurationFile(Path file, LongSupplier nanoTime) {
    this.file = file;
    this.nanoTime = nanoTime;
    checkedAtNanos = nanoTime.getAsLong();
    reload();
    if (failure != null) throw failure;
  }

  /**
   * @throws IamConfigurationException while the file can't be used
   */
  synchronized IamConfiguration current() {
    return nanoTime.getAsLong() - checkedAtNanos >= CHECK_INTERVAL_NANOS ? fresh() : known();
  }

  /**
   * What the file says now, without the interval: credentials hold from the moment they are given
   * out.
   *
   * @throws IamConfigurationException while the file can't be used
   */
  synchronized IamConfiguration fresh() {
    checkedAtNanos = nanoTime.getAsLong();
    reload();
    return known();
  }

  private IamConfiguration known() {
    if (failure != null) throw failure;
    return configuration;
  }

  /**
   * The newest content that could be used: it says where the decision log is, even when nothing
   * else is known.
   */
  synchronized IamConfiguration lastValid() {
    return lastValid;
  }

  private void reload() {
    try {
      // Taken before the content: a change in between is then seen at the next check, not missed.
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      Stamp newStamp =
          new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
      if (newStamp.equals(stamp)) return;
      stamp = newStamp;
      configuration = IamConfigurationParser.parse(Files.readAllBytes(file));
      lastValid = configuration;
      failure = null;
      LOG.info("Read {}: {} identities", file, configuration.identitiesByAccessKey().size());
    } catch (IOException thrown) {
      stamp = null;
      fail("It can't be read: " + thrown.getClass().getSimpleName() + ".");
    } catch (IamConfigurationException thrown) {
      fail(thrown.getMessage());
    }
  }

  private void fail(String message) {
    String complete = file.getFileName() + ": " + message;
    if (failure == null || !failure.getMessage().equals(complete))
      LOG.error("{} ({})", complete, file);
    failure = new IamConfigurationException(complete);
  }
}
