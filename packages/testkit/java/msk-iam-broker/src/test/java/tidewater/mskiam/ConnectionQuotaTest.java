package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ConnectionQuotaTest {
  private static final long MS = 1_000_000L;
  private final ConnectionQuota quota = new ConnectionQuota();

  @Test
  void admitsSoManyWithinAnySecond() {
    quota.admit(0, 2, 100);
    quota.admit(900 * MS, 2, 100);
    assertTooMany("2 connections within a second; connectionsPerSecond is 2", 999 * MS, 2, 100);
    // The first one is a second old now; the second one is not.
    quota.admit(1000 * MS, 2, 100);
    assertTooMany("2 connections within a second; connectionsPerSecond is 2", 1899 * MS, 2, 100);
    quota.admit(1900 * MS, 2, 100);
  }

  @Test
  void doesNotCountWhatItRefused() {
    quota.admit(0, 1, 100);
    for (long ms = 100; ms < 1000; ms += 100) {
      long nowNanos = ms * MS;
      assertThrows(Refusal.class, () -> quota.admit(nowNanos, 1, 100));
    }
    quota.admit(1000 * MS, 1, 100);
    assertEquals(2, quota.connections());
  }

  @Test
  void countsOpenConnections() {
    quota.admit(0, 100, 2);
    quota.admit(0, 100, 2);
    assertTooMany("2 connections are open; maxConnections is 2", 0, 100, 2);
    quota.release();
    quota.admit(0, 100, 2);
    quota.release();
    quota.readmit();
    assertTooMany("2 connections are open; maxConnections is 2", 5000 * MS, 100, 2);
  }

  @Test
  void takesChangedLimitsAtOnce() {
    quota.admit(0, 1, 1);
    quota.admit(0, 2, 2);
    assertTooMany("2 connections within a second; connectionsPerSecond is 1", 0, 1, 100);
  }

  @Test
  void survivesAClockThatWrapsAround() {
    quota.admit(Long.MAX_VALUE, 1, 100);
    quota.admit(Long.MAX_VALUE + 1000 * MS, 1, 100);
    assertEquals(2, quota.connections());
  }

  private void assertTooMany(String reason, long nowNanos, int perSecond, int most) {
    Refusal refusal = assertThrows(Refusal.class, () -> quota.admit(nowNanos, perSecond, most));
    assertEquals(Refusal.Answer.TOO_MANY_CONNECTS, refusal.answer());
    assertEquals(reason, refusal.reason());
  }
}
