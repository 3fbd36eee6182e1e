package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SessionLifetimeTest {
  private static final Instant NOW = Instant.parse("2020-10-22T13:45:00Z");

  @Test
  void endsWithWhateverEndsFirst() {
    assertEquals(
        new SessionLifetime(Duration.ofSeconds(900), "the token"), lifetime(900, null, null, 5));
    assertEquals(
        new SessionLifetime(Duration.ofSeconds(900), "the token"), lifetime(900, 1000L, 3600L, 5));
    assertEquals(
        new SessionLifetime(Duration.ofSeconds(400), "the credentials"),
        lifetime(900, 400L, 3600L, 5));
    assertEquals(
        new SessionLifetime(Duration.ofSeconds(20), "sessionSeconds"), lifetime(900, 400L, 20L, 5));
  }

  @Test
  void isRefusedWhenLessThanTheShortestIsLeft() {
    assertEquals(Duration.ofSeconds(5), lifetime(5, null, null, 5).length());
    assertTooShort("4.0 s are left of the token, less than 5 s", 4, null, 5);
    assertTooShort("3.0 s are left of the credentials, less than 5 s", 900, 3L, 5);
    assertTooShort("-60.0 s are left of the token, less than 5 s", -60, null, 5);
  }

  @Test
  void isNeverZeroEvenWhenNothingIsRequired() {
    assertTooShort("0.0 s are left of the token, less than 0 s", 0, null, 0);
    assertTooShort("-1.0 s are left of the token, less than 0 s", -1, null, 0);
  }

  private static void assertTooShort(
      String reason, long tokenSeconds, Long credentialSeconds, long shortest) {
    Refusal refusal =
        assertThrows(
            Refusal.class, () -> lifetime(tokenSeconds, credentialSeconds, null, shortest));
    assertEquals(Refusal.Answer.SESSION_TOO_SHORT, refusal.answer());
    assertEquals(reason, refusal.reason());
  }

  private static SessionLifetime lifetime(
      long token, Long credentials, Long longest, long shortest) {
    return SessionLifetime.until(
        NOW,
        NOW.plusSeconds(token),
        credentials == null ? null : NOW.plusSeconds(credentials),
        longest == null ? null : Duration.ofSeconds(longest),
        Duration.ofSeconds(shortest));
  }
}
