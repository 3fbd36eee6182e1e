#!/usr/bin/env node
import { CommanderError } from 'commander'
import { processIo } from './io.js'
import { buildProgram } from './program.js'
import { exitCodes, reportError } from './terminal/report-error.js'

const io = processIo()
let exitCode: number
try {
  await buildProgram(io).parseAsync(process.argv)
  exitCode = exitCodes.done
} catch (error) {
  // Commander has printed its own message, with 1 where the usage was wrong; asking for help or the version is no failure,
  // and a command may end with a code of its own.
  if (error instanceof CommanderError) exitCode = error.exitCode === 1 ? exitCodes.usage : error.exitCode
  else exitCode = reportError(io, error)
}

// The command has ended and closed what it opened; a client library's forgotten timer must not keep the shell waiting.
// Output that is still on its way into a pipe is written first.
process.exitCode = exitCode
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
)
process.exit()
