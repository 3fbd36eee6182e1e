package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IamConfigurationFileTest {
  private static final FileTime SOME_TIME = FileTime.fromMillis(1_600_000_000_000L);

  @TempDir private Path folder;
  private final AtomicLong nanos = new AtomicLong(5);
  private Path path;

  @BeforeEach
  void writeTheFile() throws IOException {
    path = folder.resolve("iam.json");
    write(json -> json.put("maxConnections", 1));
  }

  @Test
  void readsAChangedFileAfterTheInterval() throws IOException {
    IamConfigurationFile file = open();
    write(json -> json.put("maxConnections", 20));
    nanos.addAndGet(IamConfigurationFile.CHECK_INTERVAL_NANOS - 1);
    assertEquals(1, file.current().maxConnections());
    nanos.addAndGet(1);
    assertEquals(20, file.current().maxConnections());
  }

  @Test
  void readsAChangedFileAtOnceForWhoAuthenticates() throws IOException {
    IamConfigurationFile file = open();
    write(json -> json.put("maxConnections", 20));
    assertEquals(1, file.current().maxConnections());
    assertEquals(20, file.fresh().maxConnections());
    assertEquals(20, file.current().maxConnections());
  }

  @Test
  void noticesAFileOfTheSameSizeThatWasRenamedOverIt() throws IOException {
    Files.setLastModifiedTime(path, SOME_TIME);
    IamConfigurationFile file = open();
    Path other = folder.resolve("other");
    Files.write(other, ExampleConfiguration.bytes(json -> json.put("maxConnections", 2)));
    Files.setLastModifiedTime(other, SOME_TIME);
    Files.move(other, path, StandardCopyOption.ATOMIC_MOVE);
    nanos.addAndGet(IamConfigurationFile.CHECK_INTERVAL_NANOS);
    assertEquals(2, file.current().maxConnections());
  }

  @Test
  void doesNotReadAFileThatDidNotChange() throws IOException {
    IamConfigurationFile file = open();
    IamConfiguration before = file.current();
    nanos.addAndGet(IamConfigurationFile.CHECK_INTERVAL_NANOS);
    assertEquals(System.identityHashCode(before), System.identityHashCode(file.current()));
  }

  @Test
  void refusesEveryoneWhileItCannotBeUsed() throws IOException {
    IamConfigurationFile file = open();
    write(json -> json.put("maxConnections", -1));
    nanos.addAndGet(IamConfigurationFile.CHECK_INTERVAL_NANOS);
    String message = assertThrows(IamConfigurationException.class, file::current).getMessage();
    assertEquals(
        "iam.json: maxConnections is -1. Expected: a whole number within 1 and 1000000.", message);
    assertThrows(IamConfigurationException.class, file::current);
    assertEquals(1, file.lastValid().maxConnections());
    write(json -> json.put("maxConnections", 300));
    nanos.addAndGet(IamConfigurationFile.CHECK_INTERVAL_NANOS);
    assertEquals(300, file.current().maxConnections());
  }

  @Test
  void recoversFromAFileThatWasGone() throws IOException {
    IamConfigurationFile file = open();
    byte[] content = Files.readAllBytes(path);
    Files.delete(path);
    nanos.addAndGet(IamConfigurationFile.CHECK_INTERVAL_NANOS);
    String message = assertThrows(IamConfigurationException.class, file::current).getMessage();
    assertEquals("iam.json: It can't be read: NoSuchFileException.", message);
    Files.write(path, content);
    nanos.addAndGet(IamConfigurationFile.CHECK_INTERVAL_NANOS);
    assertEquals(1, file.current().maxConnections());
  }

  @Test
  void keepsABrokerFromStartingWithoutIt() throws IOException {
    write(json -> json.put("version", 7));
    assertThrows(IamConfigurationException.class, this::open);
    Files.delete(path);
    assertThrows(IamConfigurationException.class, this::open);
  }

  private IamConfigurationFile open() {
    return new IamConfigurationFile(path, nanos::get);
  }

  private void write(Consumer<ObjectNode> change) throws IOException {
    Files.write(path, ExampleConfiguration.bytes(change));
  }
}
