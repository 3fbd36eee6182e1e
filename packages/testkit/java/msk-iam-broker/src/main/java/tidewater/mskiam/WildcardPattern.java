package tidewater.mskiam;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * IAM's wildcards: {@code *} stands for any characters or none, {@code ?} for exactly one, anywhere
 * in the text.
 */
final class WildcardPattern {
  private final String pattern;

  WildcardPattern(String pattern) {
    this.pattern = pattern;
  }

  boolean matches(String text) {
    return positionsAfter(text).get(pattern.length());
  }

  /**
   * What is left of the pattern once it has matched the prefix, in every way it can: the patterns
   * that the texts behind the prefix have to match. Empty when no text with this prefix matches.
   */
  List<String> restAfter(String prefix) {
    List<String> rests = new ArrayList<>();
    positionsAfter(prefix).stream().forEach(position -> rests.add(pattern.substring(position)));
    return rests;
  }

  // All the positions the pattern can have reached are followed side by side, so that a hostile
  // pattern such as
  // "*a*a*a*a*b" takes time proportional to its length, not exponential as backtracking would.
  private BitSet positionsAfter(String text) {
    BitSet positions = new BitSet(pattern.length() + 1);
    reach(positions, 0);
    for (int index = 0; index < text.length() && !positions.isEmpty(); index++) {
      BitSet next = new BitSet(pattern.length() + 1);
      char character = text.charAt(index);
      for (int at = positions.nextSetBit(0);
          at >= 0 && at < pattern.length();
          at = positions.nextSetBit(at + 1)) {
        char expected = pattern.charAt(at);
        if (expected == '*') reach(next, at);
        else if (expected == '?' || expected == character) reach(next, at + 1);
      }
      positions = next;
    }
    return positions;
  }

  private void reach(BitSet positions, int position) {
    positions.set(position);
    if (position < pattern.length() && pattern.charAt(position) == '*')
      reach(positions, position + 1);
  }

  @Override
  public String toString() {
    return pattern;
  }
}
