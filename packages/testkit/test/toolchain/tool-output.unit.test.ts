import { expect, test } from 'vitest'
import { mavenErrors, readDownloadedJar, readPipLine } from '../../src/toolchain/tool-output.js'

test('reads downloaded jars, with their size, from Maven 3.8 and 3.9', () => {
  const line = (size: string) =>
    `[INFO] Downloaded from central: https://repo.example/org/x/x-1.0.jar (${size} at 5.3 MB/s)`
  expect(readDownloadedJar(line('208 kB'))).toEqual({ file: 'x-1.0.jar', bytes: 208_000 })
  expect(readDownloadedJar(line('47.1 MB'))).toEqual({ file: 'x-1.0.jar', bytes: 47_100_000 })
  expect(readDownloadedJar(line('750 B'))).toEqual({ file: 'x-1.0.jar', bytes: 750 })
})

test.each([
  '[INFO] Downloading from central: https://repo.example/org/x/x-1.0.jar',
  '[INFO] Downloaded from central: https://repo.example/org/x/x-1.0.pom (750 B at 47 kB/s)',
  '[INFO] BUILD SUCCESS',
])('no jar was downloaded by %j', (line) => {
  expect(readDownloadedJar(line)).toBeUndefined()
})

test("keeps Maven's reasons and drops its advice", () => {
  const text = mavenErrors([
    '[INFO] Scanning for projects...',
    '[ERROR] Failed to execute goal on project x: Could not resolve dependencies -> [Help 1]',
    '[ERROR] ',
    '[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.',
    '[ERROR] Re-run Maven using the -X switch to enable full debug logging.',
    '[ERROR] [Help 1] http://cwiki.apache.org/confluence/display/MAVEN/x',
  ])
  expect(text).toBe('[ERROR] Failed to execute goal on project x: Could not resolve dependencies -> [Help 1]')
})

test('without error lines the last lines have to do', () => {
  expect(mavenErrors(['a', 'b', 'c'], 2)).toBe('b\nc')
})

test.each([
  ['Collecting pyspark==3.5.7 (from -r requirements.txt (line 2))', 'resolving pyspark==3.5.7'],
  ['  Downloading pyspark-3.5.7.tar.gz (317.4 MB)', 'downloading pyspark-3.5.7.tar.gz, 317.4 MB'],
  [
    'Downloading https://index.example/packages/py4j-0.10.9.7-py2.py3-none-any.whl (200 kB)',
    'downloading py4j-0.10.9.7-py2.py3-none-any.whl, 200 kB',
  ],
  ['Building wheels for collected packages: pyspark', 'unpacking pyspark'],
  ['Installing collected packages: py4j, pyspark', 'installing py4j, pyspark'],
  ['  Preparing metadata (pyproject.toml): started', undefined],
])('reads what pip is at from %j', (line, progress) => {
  expect(readPipLine(line)).toBe(progress)
})
