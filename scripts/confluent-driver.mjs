#!/usr/bin/env node
// Makes the native binary of @confluentinc/kafka-javascript loadable under the Node that runs this file. pnpm-workspace.yaml
// keeps the package's own install script from running, so that installing the workspace never compiles anything.

import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StepError } from './step.mjs'

const packageName = '@confluentinc/kafka-javascript'
const binaryName = 'confluent-kafka-javascript.node'
const coreFolder = fileURLToPath(new URL('../packages/core', import.meta.url))
const abiFolderName = `node-v${process.versions.modules}-${process.platform}-${process.arch}`
const downloadLimitMs = 20_000
const buildLimitMs = 20 * 60_000

/** What librdkafka and the binding need to compile and to load, as Debian packages. */
const debianPackages = [
  'g++',
  'make',
  'python3',
  'libssl-dev',
  'libcurl4-openssl-dev',
  'libzstd-dev',
  'zlib1g-dev',
  'liblz4-dev',
  'libsasl2-dev',
]

/**
 * @typedef {'present' | 'cache' | 'download' | 'build'} Source where the binary came from
 * @typedef {{ source: Source, seconds: number, packageFolder: string }} Outcome
 */

/**
 * Makes `require('@confluentinc/kafka-javascript')` work from packages/core, by the cheapest means that does:
 * already there, the cache, the publisher's prebuilt binary, a build from source.
 *
 * @param {{ log?: (line: string) => void, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Outcome>}
 * @throws {StepError} naming what to install when nothing worked
 */
export async function ensureConfluentDriver({ log = toStderr, env = process.env } = {}) {
  const startedAtMs = performance.now()
  const packageFolder = findPackageFolder()
  /** @param {Source} source @returns {Outcome} */
  const done = (source) => ({ source, packageFolder, seconds: (performance.now() - startedAtMs) / 1000 })
  if (loads()) return done('present')

  const version = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version
  const cached = join(cacheFolder(env), 'confluent-driver', `${version}-${abiFolderName}`)
  if (existsSync(join(cached, binaryName))) {
    install(cached, packageFolder)
    if (loads()) return done('cache')
    log(`confluent driver: the cached binary in ${cached} doesn't load here, making a new one`)
    rmSync(cached, { recursive: true, force: true })
  }

  const scratch = mkdtempSync(join(tmpdir(), 'tidewater-confluent-driver-'))
  try {
    for (const source of /** @type {const} */ (['download', 'build'])) {
      const copy = copyPackage(packageFolder, join(scratch, source))
      if (source === 'download' && !(await download(copy, packageFolder, env, log))) continue
      if (source === 'build') await build(copy, scratch, env, log)
      const artifacts = collectArtifacts(copy, join(scratch, `${source}-artifacts`))
      install(artifacts, packageFolder)
      if (loads()) {
        replaceFolder(artifacts, cached)
        return done(source)
      }
      log(`confluent driver: the binary from the ${source} doesn't load: ${lastLoadError}`)
    }
    throw new StepError(
      `${packageName} was built but doesn't load under Node ${process.version}: ${lastLoadError}`,
    )
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

let lastLoadError = ''

/** In a child process: a half-loaded native module can't be unloaded from this one. */
function loads() {
  const child = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(packageName)})`], {
    cwd: coreFolder,
    encoding: 'utf8',
  })
  lastLoadError = (child.stderr ?? '').split('\n').find((line) => line.includes('Error')) ?? ''
  return child.status === 0
}

function findPackageFolder() {
  try {
    const manifest = createRequire(join(coreFolder, 'package.json')).resolve(`${packageName}/package.json`)
    return dirname(realpathSync(manifest))
  } catch (cause) {
    throw new StepError(`${packageName} isn't installed. Run: npx pnpm@10 install`, { cause })
  }
}

/**
 * As packages/testkit/src/toolchain/cache-folder.ts has it; that can't be imported before it is built.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function cacheFolder(env) {
  if (env.TIDEWATER_CACHE_FOLDER) return resolve(env.TIDEWATER_CACHE_FOLDER)
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, 'tidewater')
  const caches = process.platform === 'darwin' ? ['Library', 'Caches'] : ['.cache']
  return join(homedir(), ...caches, 'tidewater')
}

/**
 * Puts the binary where the `bindings` package looks last, in a folder named after Node's ABI: several Node versions can
 * then use one workspace in turn. The shared libraries go where the binary's run path ($ORIGIN/../deps) finds them.
 *
 * @param {string} artifacts @param {string} packageFolder
 */
function install(artifacts, packageFolder) {
  const bindingFolder = join(packageFolder, 'lib', 'binding')
  // A binary in build/ is looked for first, and one of another ABI there is an error, not a miss.
  rmSync(join(packageFolder, 'build'), { recursive: true, force: true })
  mkdirSync(bindingFolder, { recursive: true })
  for (const name of readdirSync(join(artifacts, 'deps'))) {
    replaceFile(join(artifacts, 'deps', name), join(bindingFolder, 'deps', name))
  }
  replaceFile(join(artifacts, binaryName), join(bindingFolder, abiFolderName, binaryName))
}

/**
 * Renamed into place: a process that has the old file mapped keeps it, and no hard link is written through.
 *
 * @param {string} from @param {string} to
 */
function replaceFile(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  const temporary = `${to}.${process.pid}`
  cpSync(from, temporary, { dereference: true })
  renameSync(temporary, to)
}

/** @param {string} from @param {string} to */
function replaceFolder(from, to) {
  const temporary = `${to}.${process.pid}`
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, temporary, { recursive: true })
  rmSync(to, { recursive: true, force: true })
  renameSync(temporary, to)
}

/**
 * A private copy to build in: the files in the workspace may be hard links into pnpm's store, which every other project
 * on the machine shares.
 *
 * @param {string} packageFolder @param {string} to
 */
function copyPackage(packageFolder, to) {
  const modules = join(to, 'node_modules')
  const copy = join(modules, 'kafka-javascript')
  cpSync(packageFolder, copy, {
    recursive: true,
    filter: (source) =>
      !['node_modules', 'build'].some((name) => source === join(packageFolder, name)) &&
      source !== join(packageFolder, 'lib', 'binding'),
  })
  const siblings = resolve(packageFolder, '..', '..')
  for (const name of ['nan', 'bindings', '@mapbox']) {
    symlinkSync(realpathSync(join(siblings, name)), join(modules, name))
  }
  return copy
}

/** @param {string} copy @param {string} to */
function collectArtifacts(copy, to) {
  mkdirSync(join(to, 'deps'), { recursive: true })
  cpSync(join(copy, 'build', 'Release', binaryName), join(to, binaryName), { dereference: true })
  const built = join(copy, 'build', 'deps')
  if (existsSync(built)) {
    for (const name of readdirSync(built).filter((file) =>
      /^librdkafka(\+\+)?\.(so\.1|1\.dylib)$/.test(file),
    )) {
      cpSync(join(built, name), join(to, 'deps', name), { dereference: true })
    }
  }
  return to
}

/**
 * @param {string} copy @param {string} packageFolder @param {NodeJS.ProcessEnv} env @param {(line: string) => void} log
 * @returns {Promise<boolean>}
 */
async function download(copy, packageFolder, env, log) {
  log(
    `confluent driver: downloading the prebuilt binary for Node ${process.version} (at most ${downloadLimitMs / 1000} s)`,
  )
  const installer = createRequire(join(packageFolder, 'package.json')).resolve(
    '@mapbox/node-pre-gyp/bin/node-pre-gyp',
  )
  const { code, output } = await run(process.execPath, [installer, 'install'], {
    cwd: copy,
    env,
    limitMs: downloadLimitMs,
  })
  if (code === 0 && existsSync(join(copy, 'build', 'Release', binaryName))) return true
  const reason = output.split('\n').find((line) => /ERR! (install|stack|Error)/.test(line))
  log(`confluent driver: no prebuilt binary (${reason?.trim() ?? `exit ${code}`}), building from source`)
  return false
}

/** @param {string} copy @param {string} scratch @param {NodeJS.ProcessEnv} env @param {(line: string) => void} log */
async function build(copy, scratch, env, log) {
  await ensureDebianPackages(env, log)
  const gyp = findNodeGyp(env)
  const headers = (await findHeaders(scratch, env, log)) ?? []
  log('confluent driver: compiling librdkafka and the binding, about 2 minutes on 2 cores')
  const startedAtMs = performance.now()
  const heartbeat = setInterval(() => {
    log(`confluent driver: still compiling, ${Math.round((performance.now() - startedAtMs) / 1000)} s`)
  }, 20_000)
  // No -j: the gyp file's configure and make steps race when they run side by side; librdkafka's own make is parallel.
  const buildEnv = { ...withoutNodedir(env), CKJS_LINKING: 'dynamic', JOBS: '1', PATH: pathWithThisNode(env) }
  const { code, output } = await run(process.execPath, [gyp, 'rebuild', ...headers], {
    cwd: copy,
    env: buildEnv,
    limitMs: buildLimitMs,
  }).finally(() => clearInterval(heartbeat))
  if (code !== 0) {
    const tail = output.trimEnd().split('\n').slice(-25).join('\n')
    throw new StepError(
      `Compiling ${packageName} failed (exit ${code}). It needs a C++20 compiler, make, python3 and the headers of ` +
        `OpenSSL, curl, zstd, zlib, lz4 and SASL (Debian: ${debianPackages.join(' ')}). Last lines:\n${tail}`,
    )
  }
}

/**
 * node-gyp lets npm's configuration, which npm hands to scripts in the environment, win over its own arguments; a nodedir
 * there names the headers of the Node that is installed, which may not be the one that runs.
 *
 * @param {NodeJS.ProcessEnv} env @returns {NodeJS.ProcessEnv}
 */
function withoutNodedir(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_config_nodedir$/i.test(name)))
}

/** @param {NodeJS.ProcessEnv} env @param {(line: string) => void} log */
async function ensureDebianPackages(env, log) {
  if (!commandExists('dpkg-query', env)) return
  const missing = debianPackages.filter((name) => {
    const query = spawnSync('dpkg-query', ['--status', name], { encoding: 'utf8', env })
    return !(query.stdout ?? '').includes('Status: install ok installed')
  })
  // A compiler or Python that came another way does as well.
  const needed = missing.filter(
    (name) => !(['g++', 'make', 'python3'].includes(name) && commandExists(name, env)),
  )
  if (needed.length === 0) return
  const remedy = `apt-get install -y --no-install-recommends ${needed.join(' ')}`
  if (!commandExists('apt-get', env) || process.getuid?.() !== 0) {
    throw new StepError(
      `Building ${packageName} needs the packages ${needed.join(', ')}. Run as root: ${remedy}`,
    )
  }
  const aptEnv = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...needed]]) {
    log(`confluent driver: apt-get ${args.join(' ')}`)
    const { code, output } = await run('apt-get', args, { env: aptEnv, limitMs: buildLimitMs })
    if (code !== 0) throw new StepError(`apt-get ${args[0]} failed (exit ${code}):\n${output.slice(-2_000)}`)
  }
}

/** npm brings node-gyp along. @param {NodeJS.ProcessEnv} env */
function findNodeGyp(env) {
  const npm = findCommand('npm', env)
  const candidates = [
    npm && resolve(dirname(realpathSync(npm)), '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
    resolve(
      dirname(process.execPath),
      '..',
      'lib',
      'node_modules',
      'npm',
      'node_modules',
      'node-gyp',
      'bin',
      'node-gyp.js',
    ),
  ]
  const found = candidates.find((file) => file && existsSync(file))
  if (!found) throw new StepError(`Building ${packageName} needs npm (its node-gyp) on the PATH`)
  return found
}

/**
 * Node's headers for exactly this version: beside the executable, else from the npm package that carries this Node build,
 * else (undefined) node-gyp's own download.
 *
 * @param {string} scratch @param {NodeJS.ProcessEnv} env @param {(line: string) => void} log
 */
async function findHeaders(scratch, env, log) {
  const beside = resolve(dirname(realpathSync(process.execPath)), '..')
  if (headersMatch(beside)) return ['--nodedir', beside]
  const npmPackage = `node-${process.platform}-${process.arch}@${process.versions.node}`
  log(`confluent driver: fetching Node's headers (${npmPackage})`)
  const folder = join(scratch, 'headers')
  mkdirSync(folder)
  const npm = await run('npm', ['pack', '--silent', npmPackage], { cwd: folder, env, limitMs: 120_000 })
  const tarball = readdirSync(folder)[0]
  if (npm.code !== 0 || !tarball) return undefined
  const tar = await run('tar', ['-xzf', tarball, 'package/include'], { cwd: folder, env, limitMs: 60_000 })
  const unpacked = join(folder, 'package')
  return tar.code === 0 && headersMatch(unpacked) ? ['--nodedir', unpacked] : undefined
}

/** @param {string} folder */
function headersMatch(folder) {
  const file = join(folder, 'include', 'node', 'node_version.h')
  if (!existsSync(file)) return false
  const text = readFileSync(file, 'utf8')
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    (name) => text.match(`#define NODE_${name}_VERSION (\\d+)`)?.[1],
  )
  return parts.join('.') === process.versions.node
}

/** @param {NodeJS.ProcessEnv} env */
function pathWithThisNode(env) {
  return [dirname(process.execPath), env.PATH].filter(Boolean).join(delimiter)
}

/** @param {string} name @param {NodeJS.ProcessEnv} env @returns {string | undefined} */
function findCommand(name, env) {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
}

/** @param {string} name @param {NodeJS.ProcessEnv} env */
function commandExists(name, env) {
  return findCommand(name, env) !== undefined
}

const endSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * Runs a program to its end, or kills it and all it started when the time is over.
 *
 * @param {string} command @param {string[]} args
 * @param {{ cwd?: string, env: NodeJS.ProcessEnv, limitMs: number }} options
 * @returns {Promise<{ code: number | string, output: string }>}
 */
function run(command, args, { cwd, env, limitMs }) {
  return new Promise((settle) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let output = ''
    const append = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-200_000)
    }
    child.stdout.on('data', append)
    child.stderr.on('data', append)
    const killGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It ended in between.
      }
    }
    const timer = setTimeout(killGroup, limitMs)
    // Detached, it hears no Ctrl-C; and this process must end through its exit handlers to end it.
    const onSignal = (/** @type {NodeJS.Signals} */ signal) => process.exit(signal === 'SIGINT' ? 130 : 143)
    process.once('exit', killGroup)
    for (const signal of endSignals) process.prependListener(signal, onSignal)
    const finish = (/** @type {number | string} */ code) => {
      clearTimeout(timer)
      process.removeListener('exit', killGroup)
      for (const signal of endSignals) process.removeListener(signal, onSignal)
      settle({ code, output })
    }
    child.once('error', (error) => finish(error.message))
    child.once('close', (code, signal) => finish(code ?? signal ?? 'unknown'))
  })
}

/** @param {string} line */
function toStderr(line) {
  process.stderr.write(`${line}\n`)
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const { source, seconds } = await ensureConfluentDriver()
    toStderr(`confluent driver: ready for Node ${process.version} (${source}, ${seconds.toFixed(1)} s)`)
  } catch (error) {
    toStderr(`confluent driver: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}
