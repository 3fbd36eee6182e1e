package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WildcardPatternTest {
  @ParameterizedTest
  @CsvSource({
    "orders, orders, true",
    "orders, Orders, false",
    "orders, orders2, false",
    "*, '', true",
    "*, anything, true",
    "orders-*, orders-, true",
    "orders-*, orders, false",
    "a*z, az, true",
    "a*z, abz, true",
    "a*z, abzc, false",
    "a*b*c, aXbYbZc, true",
    "a**b, ab, true",
    "or?ers, orders, true",
    "or?ers, orers, false",
    "?, '', false",
    "a.c, abc, false",
    "arn:*:topic/*/orders, arn:aws:kafka:r:1:topic/c/u/orders, true",
  })
  void matches(String pattern, String text, boolean expected) {
    assertEquals(expected, new WildcardPattern(pattern).matches(text));
  }

  @Test
  void knowsWhatIsLeftBehindAPrefix() {
    assertEquals(List.of("b"), new WildcardPattern("ab").restAfter("a"));
    assertEquals(List.of(), new WildcardPattern("xb").restAfter("a"));
    assertEquals(
        new TreeSet<>(List.of("*b", "b")), new TreeSet<>(new WildcardPattern("*b").restAfter("a")));
    assertEquals(
        new TreeSet<>(List.of("", "*")), new TreeSet<>(new WildcardPattern("a*").restAfter("abc")));
  }

  @Test
  void isNotSlowOnHostilePatterns() {
    String text = "a".repeat(2000);
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> assertFalse(new WildcardPattern("*a".repeat(50) + "b").matches(text)));
  }
}
