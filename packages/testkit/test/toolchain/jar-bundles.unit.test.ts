import { expect, test } from 'vitest'
import { isDownloadFailure, mavenArguments } from '../../src/toolchain/jar-bundles.js'

test('a module is fetched into the cache, or built where it was copied to', () => {
  expect(mavenArguments('fetch', '/kit/java/x/pom.xml', '/cache/x')).toContain('-DoutputDirectory=/cache/x')
  const build = mavenArguments('build', '/module/pom.xml', '/cache/x')
  expect(build).toEqual(expect.arrayContaining(['--file', '/module/pom.xml', '-DskipTests', 'package']))
  expect(build.join(' ')).not.toContain('/cache/x')
})

test.each([
  ['[ERROR] Plugin x or one of its dependencies could not be resolved: Connect to 127.0.0.1:1 failed', true],
  ['[ERROR] Failed to execute goal on project x: Could not resolve dependencies for project x', true],
  ['[ERROR] Could not transfer artifact a:b:pom:1 from/to central', true],
  ['[ERROR] COMPILATION ERROR :\n[ERROR] X.java:[3,8] incompatible types', false],
])('what Maven says in %j is a failed download: %s', (errors, expected) => {
  expect(isDownloadFailure(errors)).toBe(expected)
})
