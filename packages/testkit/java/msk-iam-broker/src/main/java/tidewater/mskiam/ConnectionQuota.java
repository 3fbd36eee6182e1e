package tidewater.mskiam;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * MSK's limits of connections with IAM: how many there may be, and how many new ones within any
 * second.
 *
 * <p>Kafka's own {@code max.connections} would make the broker stop accepting, so that a client
 * waits without an answer; on MSK the client is told "Too many connects". Connections are therefore
 * counted where they authenticate.
 */
final class ConnectionQuota {
  private static final long WINDOW_NANOS = 1_000_000_000L;

  private final Deque<Long> admittedAtNanos = new ArrayDeque<>();
  private int connections;

  /**
   * Counts a new connection, which is to be {@link #release released} when it ends or its
   * authentication fails. One that is refused does not count for the rate: clients that keep trying
   * would lock themselves out.
   *
   * @throws Refusal when it would be one too many
   */
  synchronized void admit(long nowNanos, int perSecond, int most) {
    while (!admittedAtNanos.isEmpty() && nowNanos - admittedAtNanos.peekFirst() >= WINDOW_NANOS) {
      admittedAtNanos.removeFirst();
    }
    if (admittedAtNanos.size() >= perSecond) {
      throw new Refusal(
          Refusal.Answer.TOO_MANY_CONNECTS,
          admittedAtNanos.size()
              + " connections within a second; connectionsPerSecond is "
              + perSecond);
    }
    if (connections >= most) {
      throw new Refusal(
          Refusal.Answer.TOO_MANY_CONNECTS,
          connections + " connections are open; maxConnections is " + most);
    }
    admittedAtNanos.addLast(nowNanos);
    connections++;
  }

  /**
   * Counts a connection again whose former session was released for its re-authentication: it is
   * not a new one.
   */
  synchronized void readmit() {
    connections++;
  }

  synchronized void release() {
    connections--;
  }

  synchronized int connections() {
    return connections;
  }
}
