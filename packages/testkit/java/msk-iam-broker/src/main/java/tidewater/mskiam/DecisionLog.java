package tidewater.mskiam;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Appends decisions to a file as JSON lines. Each line is one write of its own, so that a reader
 * sees it at once and never sees lines of two threads mixed.
 */
final class DecisionLog {
  private Path file;
  private OutputStream stream;

  /**
   * @throws UncheckedIOException when it can't be written: a decision that is not logged must not
   *     look as if made
   */
  synchronized void append(Path to, Decision decision) {
    try {
      if (!to.equals(file)) open(to);
      stream.write((decision.toJson() + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException thrown) {
      throw new UncheckedIOException("The decision log can't be written", thrown);
    }
  }

  private void open(Path to) throws IOException {
    OutputStream opened =
        Files.newOutputStream(to, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    if (stream != null) stream.close();
    stream = opened;
    file = to;
  }
}
