// Which of the machine's own tools are there and new enough. Plain JavaScript without dependencies, because the
// repository's bootstrap imports this very file before anything is installed; the package imports it as well.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const probeTimeoutMs = 30_000

const requirements = {
  system: {
    name: 'Operating system',
    needed: 'Linux or macOS',
    install: { debian: 'run it in WSL 2', macos: 'run it in a Linux virtual machine' },
  },
  node: {
    name: 'Node.js',
    needed: '20.19 or newer',
    install: { debian: 'https://nodejs.org/en/download', macos: 'brew install node@22' },
  },
  java: {
    name: 'Java (JDK)',
    // Hadoop's client, which Spark 3.5 runs on, calls Subject.getSubject; it throws from Java 23 on (JEP 486).
    needed: '17 to 22',
    install: { debian: 'apt install openjdk-17-jdk-headless', macos: 'brew install openjdk@17' },
  },
  javac: {
    name: "Java's compiler (javac)",
    needed: '17 or newer, beside Java',
    install: { debian: 'apt install openjdk-17-jdk-headless', macos: 'brew install openjdk@17' },
  },
  maven: {
    name: 'Maven',
    // maven-dependency-plugin 3.8, which fetches the jars, asks for it.
    needed: '3.6.3 or newer',
    install: { debian: 'apt install maven', macos: 'brew install maven' },
  },
  python: {
    name: 'Python',
    needed: '3.9 or newer, with venv',
    install: { debian: 'apt install python3 python3-venv', macos: 'brew install python@3.11' },
  },
}

/**
 * The findings that make the machine unfit, from what the probes saw; empty when all is well. Pure.
 */
export function judgePrerequisites(probes) {
  const findings = []
  const report = (key, reason, found) => findings.push({ key, reason, found, ...requirements[key] })
  if (probes.system !== undefined && !['linux', 'darwin'].includes(probes.system.platform))
    report('system', 'missing', probes.system.platform)
  for (const key of ['node', 'java', 'javac', 'maven', 'python']) {
    const probe = probes[key]
    if (probe === undefined) continue
    // Maven's launcher answers only where it finds a Java; the Java finding then says what to do.
    if (probe.blockedBy !== undefined && findings.some((finding) => finding.key === probe.blockedBy)) continue
    if (probe.version === undefined) {
      report(key, 'missing', probe.problem ?? 'not found')
      continue
    }
    const verdict = judgeVersion(key, probe.version)
    if (verdict !== 'fit') report(key, verdict, probe.version)
    else if (key === 'python' && probe.hasVenv === false)
      report(key, 'missing', `${probe.version} without the venv and ensurepip modules`)
  }
  return findings
}

function judgeVersion(key, version) {
  const minimum = { node: [20, 19], java: [17], javac: [17], maven: [3, 6, 3], python: [3, 9] }[key]
  if (isOlder(version, minimum)) return 'too-old'
  if (key === 'java' && !isOlder(version, [23])) return 'too-new'
  return 'fit'
}

function isOlder(version, minimum) {
  const parts = version.split('.').map(Number)
  for (const [index, least] of minimum.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part < least
  }
  return false
}

/** The version in what `java -version` prints: "17.0.15", and "8.0.292" for the old scheme "1.8.0_292". Pure. */
export function parseJavaVersion(output) {
  const text = /version "([^"]+)"/.exec(output)?.[1]
  if (text === undefined) return undefined
  const parts = text.match(/\d+/g) ?? []
  return (parts[0] === '1' ? parts.slice(1) : parts).slice(0, 3).join('.') || undefined
}

/** The version in what `javac -version` prints: "javac 17.0.15". Pure. */
export function parseJavacVersion(output) {
  return /^javac (\d+(?:\.\d+){0,2})/m.exec(output)?.[1]
}

/** The version in what `mvn -version` prints, with or without colour codes. Pure. */
export function parseMavenVersion(output) {
  return /Apache Maven (\d+\.\d+\.\d+)/.exec(output)?.[1]
}

/** One message that names everything missing or unfit at once. Pure. */
export function describeFindings(findings, platform = process.platform) {
  const lines = findings.map((finding) => {
    const hints =
      platform === 'darwin'
        ? `macOS: ${finding.install.macos}`
        : platform === 'linux'
          ? `Debian, Ubuntu: ${finding.install.debian}`
          : `Debian, Ubuntu: ${finding.install.debian}; macOS: ${finding.install.macos}`
    return `  ${finding.name}: needs ${finding.needed}, found ${finding.found}. ${hints}`
  })
  return ['This machine lacks what Tidewater needs:', ...lines].join('\n')
}

/** What {@link checkPrerequisites} throws: `code`, `findings`, and a message for people. */
export class PrerequisiteError extends Error {
  constructor(findings) {
    super(describeFindings(findings))
    this.name = 'PrerequisiteError'
    this.findings = findings
    this.code = findings.every(({ reason }) => reason === 'too-old')
      ? 'PREREQUISITE_TOO_OLD'
      : 'PREREQUISITE_MISSING'
  }
}

/** Probes the tools named and throws one {@link PrerequisiteError} that names all that is missing or unfit. */
export async function checkPrerequisites(needs, env = process.env) {
  const findings = judgePrerequisites(await probePrerequisites(needs, env))
  if (findings.length > 0) throw new PrerequisiteError(findings)
}

/** Runs each tool named with its version argument. Downloads nothing, changes nothing. */
export async function probePrerequisites(needs, env = process.env) {
  const probe = {
    node: async () => ({ version: process.versions.node, command: process.execPath }),
    java: () => probeJava(env),
    javac: () => probeJavac(env),
    maven: () => probeMaven(env),
    python: () => probePython(env),
  }
  const entries = await Promise.all(needs.map(async (key) => [key, await probe[key]()]))
  return { system: { platform: process.platform }, ...Object.fromEntries(entries) }
}

async function probeJava(env) {
  // Maven and Spark look no further than JAVA_HOME where it is set, so neither does this.
  const command = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java'
  const { output, failure } = await runVersion(command, ['-version'], env)
  if (failure !== undefined)
    return { problem: env.JAVA_HOME ? `none that works at JAVA_HOME (${env.JAVA_HOME})` : 'none on PATH' }
  const version = parseJavaVersion(output)
  return version === undefined ? { problem: 'an unknown version' } : { version, command }
}

async function probeJavac(env) {
  // Maven compiles with the JDK it runs on, which JAVA_HOME names where it is set.
  const command = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'javac') : 'javac'
  const { output, failure } = await runVersion(command, ['-version'], env)
  const version = parseJavacVersion(output)
  if (failure === undefined && version !== undefined) return { version, command }
  const problem = env.JAVA_HOME
    ? `none at JAVA_HOME (${env.JAVA_HOME}): a Java runtime alone can't build`
    : "none on PATH: a Java runtime alone can't build"
  // Where there is no Java at all, the Java finding says what to do.
  return { problem, blockedBy: 'java' }
}

async function probeMaven(env) {
  const { output, failure } = await runVersion('mvn', ['-version'], env)
  const version = parseMavenVersion(output)
  if (version !== undefined) return { version, command: 'mvn' }
  if (failure === 'ENOENT') return { problem: 'none on PATH' }
  if (/java/i.test(output)) return { problem: 'one that finds no Java', blockedBy: 'java' }
  return { problem: 'one that does not tell its version' }
}

async function probePython(env) {
  const program =
    'import sys\nprint(".".join(map(str, sys.version_info[:3])))\nimport venv, ensurepip\nprint("venv")'
  let best = { problem: 'none on PATH' }
  for (const command of ['python3', 'python']) {
    const { output, failure } = await runVersion(command, ['-c', program], env)
    const version = /^\d+\.\d+\.\d+/m.exec(output)?.[0]
    if (failure === 'ENOENT' || version === undefined) continue
    const probe = { version, command, hasVenv: /^venv$/m.test(output) }
    if (judgePrerequisites({ python: probe }).length === 0) return probe
    if (best.version === undefined) best = probe
  }
  return best
}

function runVersion(command, args, env) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: probeTimeoutMs })
    const collect = (chunk) => {
      output += chunk
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.once('error', (error) => resolve({ output, failure: error.code ?? 'ERROR' }))
    child.once('close', (code, signal) =>
      resolve({ output, failure: code === 0 ? undefined : (signal ?? `exit code ${code}`) }),
    )
  })
}
