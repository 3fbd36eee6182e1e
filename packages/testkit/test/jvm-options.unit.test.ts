import { expect, test } from 'vitest'
import { jvmOptionsIn, quotedWord, sharedClassesOptions } from '../src/jvm-options.js'

test('options for every JVM are words between spaces; none is not the same as no word', () => {
  expect(jvmOptionsIn({ TIDEWATER_JVM_OPTIONS: ' -Xss4m  -XX:+UseSerialGC ' })).toEqual([
    '-Xss4m',
    '-XX:+UseSerialGC',
  ])
  expect(jvmOptionsIn({ TIDEWATER_JVM_OPTIONS: '' })).toEqual([])
  expect(jvmOptionsIn({})).toBeUndefined()
})

test('without an archive the JVM is told nothing of one', () => {
  expect(sharedClassesOptions(undefined)).toEqual([])
  expect(sharedClassesOptions('/cache/classes.jsa')).toContain('-XX:SharedArchiveFile=/cache/classes.jsa')
})

test('words that a launcher would split are quoted', () => {
  expect(quotedWord('-Xss4m')).toBe('-Xss4m')
  expect(quotedWord('-Da=b "c"')).toBe('"-Da=b \\"c\\""')
})
