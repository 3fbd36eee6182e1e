// Running a command as a named step: its progress on stderr, its output shown only when it fails.
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryFolder = dirname(dirname(fileURLToPath(import.meta.url)))

/** A failed step: its message is for people, without a stack trace. */
export class StepError extends Error {}

/**
 * Runs `command` quietly and shows that it is alive; on failure shows everything it printed.
 *
 * @param {string} title
 * @param {string[]} command program and arguments
 */
export async function runStep(title, command) {
  const startedAt = performance.now()
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1)
  const output = []
  let lastLine = ''
  if (!process.stderr.isTTY) process.stderr.write(`${title} ...\n`)
  const show = () => {
    if (!process.stderr.isTTY) return
    const line = `${title} ... ${seconds()} s  ${lastLine}`.slice(0, (process.stderr.columns ?? 80) - 1)
    process.stderr.write(`\r\x1b[2K${line}`)
  }
  const timer = setInterval(show, process.stderr.isTTY ? 200 : 1000)
  try {
    const code = await run(command, (chunk) => {
      output.push(chunk)
      lastLine = chunk.toString().trimEnd().split('\n').at(-1) ?? ''
    })
    if (code !== 0) {
      process.stderr.write(`\n${Buffer.concat(output).toString()}\n`)
      throw new StepError(`${title} failed: "${command.join(' ')}" exited with ${code}. Its output is above.`)
    }
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K')
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
  return new Promise((resolve, reject) => {
    const [program, ...args] = command
    const child = spawn(program, args, {
      cwd: options.cwd ?? repositoryFolder,
      stdio: 'inherit',
      env: { ...process.env, ...options.env },
    })
    // Ctrl-C reaches the whole foreground group by itself; a signal sent to this process alone has to be passed on.
    const passOn = (signal) => child.kill(signal)
    process.on('SIGTERM', passOn)
    process.on('SIGINT', ignore)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.off('SIGTERM', passOn)
      process.off('SIGINT', ignore)
      resolve(code ?? 128 + signalNumber(signal))
    })
  })
}

function ignore() {}

function signalNumber(signal) {
  return { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0
}

function run(command, onOutput) {
  return new Promise((resolve, reject) => {
    const [program, ...args] = command
    const child = spawn(program, args, { cwd: repositoryFolder, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', onOutput)
    child.stderr.on('data', onOutput)
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
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
}
