import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers, intersects } from '../../src/iam/pattern.js'

const alphabet = ['a', 'b']
const maxLength = 6
const texts = Array.from({ length: maxLength + 1 }).reduce<string[]>(
  (all) => [...new Set(['', ...all.flatMap((text) => ['', ...alphabet].map((one) => text + one))])],
  [''],
)
const pattern = fc.string({ unit: fc.constantFrom(...alphabet, '*', '?'), maxLength: 5 })
const matches = (one: string, text: string) =>
  new RegExp(`^${one.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text)

// Patterns of at most 5 characters over two letters: what they have in common, or not, shows in texts of up to 7.
describe('patterns', () => {
  it('covers: never where a text of the specific one is not matched by the general one', () => {
    fc.assert(
      fc.property(pattern, pattern, (general, specific) => {
        if (!covers(general, specific)) return
        for (const text of texts) if (matches(specific, text)) expect(matches(general, text)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('covers: a text is covered by exactly the patterns that match it', () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom(...texts), (general, text) => {
        expect(covers(general, text)).toBe(matches(general, text))
      }),
      { numRuns: 2_000 },
    )
  })

  it('intersects: exactly when some text is matched by both', () => {
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const shared = texts.some((text) => matches(one, text) && matches(other, text))
        // Two patterns of five characters may only meet in a text longer than those tried.
        if (shared) expect(intersects(one, other)).toBe(true)
        else if ([...`${one}${other}`].filter((character) => character !== '*').length <= maxLength) {
          expect(intersects(one, other)).toBe(false)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
