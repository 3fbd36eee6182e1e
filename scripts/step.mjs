// Running commands: as named steps with progress on stderr, or attached to this process's own streams. A signal that
// reaches this process reaches the command, and no further step begins.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryFolder = dirname(dirname(fileURLToPath(import.meta.url)))

/** The built command line. */
export const cli = [process.execPath, join(repositoryFolder, 'packages', 'cli', 'dist', 'main.js')]

/** A failed step: its message is for people, without a stack trace. */
export class StepError extends Error {}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }
const running = new Set()
let interruptedBy
let isListening = false

/** @throws {StepError} when a signal asked this process to end */
export function throwIfInterrupted() {
  if (interruptedBy !== undefined) throw new StepError(`Interrupted by ${interruptedBy}.`)
}

function onSignal(signal) {
  interruptedBy ??= signal
  // Ctrl-C reaches the whole foreground group by itself; a signal sent to this process alone has to be passed on.
  for (const child of running) child.kill(signal)
}

/**
 * Runs `command` quietly and shows that it is alive; on failure shows everything it printed.
 *
 * @param {string} title
 * @param {string[]} command program and arguments
 */
export async function runStep(title, command) {
  const startedAtMs = performance.now()
  const seconds = () => ((performance.now() - startedAtMs) / 1000).toFixed(1)
  const { isTTY, columns = 80 } = process.stderr
  const output = []
  let lastLine = ''
  const show = () => {
    const line = `${title} ... ${seconds()} s  ${lastLine}`.slice(0, columns - 1)
    process.stderr.write(isTTY ? `\r\x1b[2K${line}` : `${line}\n`)
  }
  if (!isTTY) process.stderr.write(`${title} ...\n`)
  const timer = setInterval(show, isTTY ? 200 : 5000)
  try {
    const code = await run(command, { stdio: ['ignore', 'pipe', 'pipe'] }, (chunk) => {
      output.push(chunk)
      lastLine = chunk.toString().trimEnd().split('\n').at(-1) ?? ''
    })
    if (isTTY) process.stderr.write('\r\x1b[2K')
    if (code !== 0) {
      process.stderr.write(`\n${Buffer.concat(output).toString()}\n`)
      throw new StepError(`${title} failed: "${command.join(' ')}" exited with ${code}. Its output is above.`)
    }
    process.stderr.write(`${title}: done in ${seconds()} s\n`)
  } finally {
    clearInterval(timer)
  }
}

/**
 * Runs `command` with its output on this process's own streams.
 *
 * @param {string[]} command
 * @param {{ env?: Record<string, string>, cwd?: string }} [options]
 * @returns {Promise<number>} exit code; 128 + n for signal n
 */
export function runAttached(command, options = {}) {
  return run(command, { stdio: 'inherit', ...withEnvironment(options) })
}

/**
 * Runs `command` and returns what it printed on stdout.
 *
 * @param {string[]} command
 * @param {{ env?: Record<string, string>, cwd?: string }} [options]
 */
export async function runCaptured(command, options = {}) {
  const chunks = []
  const spawnOptions = { stdio: ['ignore', 'pipe', 'inherit'], ...withEnvironment(options) }
  const code = await run(command, spawnOptions, (chunk) => chunks.push(chunk))
  if (code !== 0) throw new StepError(`"${command.join(' ')}" exited with ${code}`)
  return Buffer.concat(chunks).toString()
}

/**
 * Runs `command` beside others: what it prints on stdout and stderr is kept, to be shown in one piece.
 *
 * @param {string[]} command
 * @param {{ env?: Record<string, string>, cwd?: string }} [options]
 * @returns {Promise<{ code: number, output: string }>} exit code; 128 + n for signal n
 */
export async function runAside(command, options = {}) {
  const chunks = []
  const spawnOptions = { stdio: ['ignore', 'pipe', 'pipe'], ...withEnvironment(options) }
  const code = await run(command, spawnOptions, (chunk) => chunks.push(chunk))
  return { code, output: Buffer.concat(chunks).toString() }
}

/**
 * Runs `command` with its output on this process's own streams, and hands what it prints on stdout over as well.
 *
 * @param {string[]} command
 * @param {(chunk: Buffer) => void} onOutput
 */
export function runWatched(command, onOutput) {
  return run(command, { stdio: ['ignore', 'pipe', 'inherit'] }, (chunk) => {
    process.stdout.write(chunk)
    onOutput(chunk)
  })
}

function withEnvironment({ env, cwd }) {
  return { env: { ...process.env, ...env }, ...(cwd === undefined ? {} : { cwd }) }
}

async function run([program, ...args], options, onOutput = () => {}) {
  throwIfInterrupted()
  const child = spawn(program, args, { cwd: repositoryFolder, ...options })
  if (!isListening) for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal)
  isListening = true
  running.add(child)
  try {
    child.stdout?.on('data', onOutput)
    child.stderr?.on('data', onOutput)
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(code ?? 128 + (signalNumbers[signal] ?? 0)))
    })
  } finally {
    running.delete(child)
  }
}

/** Runs what has to be undone whatever happened, a signal included. */
export async function runCleanup(command, options = {}) {
  const interrupted = interruptedBy
  interruptedBy = undefined
  try {
    return await runAttached(command, options)
  } finally {
    interruptedBy ??= interrupted
  }
}

/**
 * Runs a script's main function; a failure is printed as one clear message and ends the process with 1.
 *
 * @param {() => Promise<number | void>} main resolves to the exit code
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    const expected = error instanceof StepError || typeof error?.code === 'string'
    process.stderr.write(`\n${expected ? error.message : error.stack}\n`)
    process.exitCode = 1
  }
  if (interruptedBy !== undefined) process.exitCode = 128 + signalNumbers[interruptedBy]
}
