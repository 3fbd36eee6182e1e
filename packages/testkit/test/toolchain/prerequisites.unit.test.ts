import { expect, test } from 'vitest'
import {
  checkPrerequisites,
  describeFindings,
  judgePrerequisites,
  PrerequisiteError,
  parseJavacVersion,
  parseJavaVersion,
  parseMavenVersion,
} from '../../src/toolchain/prerequisites.mjs'

const fit = {
  system: { platform: 'linux' },
  node: { version: '20.19.0' },
  java: { version: '17.0.15' },
  javac: { version: '17.0.15' },
  maven: { version: '3.6.3' },
  python: { version: '3.9.0', hasVenv: true },
}

test('a machine with the lowest versions allowed is fit', () => {
  expect(judgePrerequisites(fit)).toEqual([])
})

test.each([
  ['node', '20.18.3', 'too-old'],
  ['node', '18.20.0', 'too-old'],
  ['java', '11.0.2', 'too-old'],
  ['java', '8.0.292', 'too-old'],
  ['java', '23.0.1', 'too-new'],
  ['javac', '11.0.2', 'too-old'],
  ['maven', '3.6.2', 'too-old'],
  ['python', '3.8.20', 'too-old'],
] as const)('%s %s is %s', (key, version, reason) => {
  const findings = judgePrerequisites({ ...fit, [key]: { version, hasVenv: true } })
  expect(findings).toMatchObject([{ key, reason, found: version }])
})

test.each([
  ['node', '24.0.0'],
  ['java', '21.0.5'],
  ['java', '17'],
  ['maven', '4.0.0'],
  ['python', '3.13.1'],
] as const)('%s %s is fit', (key, version) => {
  expect(judgePrerequisites({ ...fit, [key]: { version, hasVenv: true } })).toEqual([])
})

test('only what was probed is judged', () => {
  expect(judgePrerequisites({ node: { version: '22.1.0' } })).toEqual([])
})

test('Python without venv is a finding that names venv', () => {
  const [finding] = judgePrerequisites({ python: { version: '3.11.2', hasVenv: false } })
  expect(finding).toMatchObject({ reason: 'missing', found: '3.11.2 without the venv and ensurepip modules' })
  expect(finding?.install.debian).toContain('python3-venv')
})

test('a Maven that finds no Java is not reported beside the missing Java', () => {
  const maven = { problem: 'one that finds no Java', blockedBy: 'java' } as const
  expect(judgePrerequisites({ java: { problem: 'none on PATH' }, maven }).map(({ key }) => key)).toEqual([
    'java',
  ])
  expect(judgePrerequisites({ maven }).map(({ key }) => key)).toEqual(['maven'])
})

test('Windows is a finding', () => {
  expect(judgePrerequisites({ ...fit, system: { platform: 'win32' } })).toMatchObject([{ key: 'system' }])
})

test('one message names everything at once, with the hint for the system at hand', () => {
  const findings = judgePrerequisites({
    ...fit,
    java: { problem: 'none on PATH' },
    python: { version: '3.8.1', hasVenv: true },
  })
  const debian = describeFindings(findings, 'linux')
  expect(debian).toContain('Java (JDK): needs 17 to 22, found none on PATH. Debian, Ubuntu: apt install')
  expect(debian).toContain('Python: needs 3.9 or newer, with venv, found 3.8.1.')
  expect(describeFindings(findings, 'darwin')).toContain('macOS: brew install openjdk@17')
})

test('the error is TOO_OLD only when nothing is missing', () => {
  const old = judgePrerequisites({ java: { version: '11.0.2' } })
  const gone = judgePrerequisites({ maven: { problem: 'none on PATH' } })
  expect(new PrerequisiteError(old).code).toBe('PREREQUISITE_TOO_OLD')
  expect(new PrerequisiteError([...old, ...gone]).code).toBe('PREREQUISITE_MISSING')
})

test.each([
  ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', '17.0.15'],
  ['openjdk version "21" 2023-09-19', '21'],
  ['java version "1.8.0_292"', '8.0.292'],
  ['openjdk version "24-ea" 2025-03-18', '24'],
  ['The operation couldn’t be completed. Unable to locate a Java Runtime.', undefined],
])('reads the version of Java from %j', (output, version) => {
  expect(parseJavaVersion(output)).toBe(version)
})

test.each([
  ['javac 17.0.15', '17.0.15'],
  ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\njavac 21', '21'],
  ['javac: not found', undefined],
])('reads the version of the compiler from %j', (output, version) => {
  expect(parseJavacVersion(output)).toBe(version)
})

test('a missing compiler is named beside a Java that is there, and not beside one that is missing', () => {
  const javac = { problem: 'none on PATH', blockedBy: 'java' } as const
  expect(judgePrerequisites({ java: { version: '17.0.15' }, javac }).map(({ key }) => key)).toEqual(['javac'])
  expect(judgePrerequisites({ java: { problem: 'none on PATH' }, javac }).map(({ key }) => key)).toEqual([
    'java',
  ])
})

test('reads the version of Maven with and without colours', () => {
  expect(parseMavenVersion('\u001b[1mApache Maven 3.8.7\u001b[m\nMaven home: /usr/share/maven')).toBe('3.8.7')
  expect(parseMavenVersion('Apache Maven 3.9.9 (8e8579a9)')).toBe('3.9.9')
})

test('an empty PATH lacks Java, Maven and Python in one error', async () => {
  const error = await checkPrerequisites(['node', 'java', 'maven', 'python'], {
    PATH: '/var/empty/nowhere',
  }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(PrerequisiteError)
  expect((error as PrerequisiteError).findings.map(({ key }) => key)).toEqual(['java', 'maven', 'python'])
})

test('a JAVA_HOME without a Java is named', async () => {
  const check = checkPrerequisites(['java'], { PATH: process.env.PATH, JAVA_HOME: '/var/empty/jdk' })
  await expect(check).rejects.toThrow('none that works at JAVA_HOME (/var/empty/jdk)')
})
