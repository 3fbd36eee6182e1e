package tidewater.mskiam;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a session lasts: until the first of its ends.
 *
 * @param limitedBy what ends it, for the decision log
 */
record SessionLifetime(Duration length, String limitedBy) {

  /**
   * @param now the broker's clock, offset included
   * @param credentialsExpireAt null for long-term credentials
   * @param longest null for no limit of the broker's own
   * @throws Refusal when less than {@code shortest} is left. Kafka would answer a lifetime of 0 for
   *     a session that has ended already, clients read 0 as "no end", and the broker then closes
   *     each connection at its first request: an endless loop. A session that is merely short would
   *     make the client re-authenticate without a pause.
   */
  static SessionLifetime until(
      Instant now,
      Instant tokenExpiresAt,
      Instant credentialsExpireAt,
      Duration longest,
      Duration shortest) {
    SessionLifetime lifetime =
        new SessionLifetime(Duration.between(now, tokenExpiresAt), "the token");
    if (credentialsExpireAt != null) {
      lifetime = lifetime.atMost(Duration.between(now, credentialsExpireAt), "the credentials");
    }
    if (longest != null) lifetime = lifetime.atMost(longest, "sessionSeconds");
    if (lifetime.length.compareTo(shortest) < 0
        || lifetime.length.isNegative()
        || lifetime.length.isZero()) {
      throw new Refusal(
          Refusal.Answer.SESSION_TOO_SHORT,
          lifetime.seconds()
              + " s are left of "
              + lifetime.limitedBy
              + ", less than "
              + shortest.toSeconds()
              + " s");
    }
    return lifetime;
  }

  /** Rounded to milliseconds. */
  double seconds() {
    return length.toMillis() / 1000.0;
  }

  private SessionLifetime atMost(Duration limit, String limitedBy) {
    return limit.compareTo(length) < 0 ? new SessionLifetime(limit, limitedBy) : this;
  }
}
