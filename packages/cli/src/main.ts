#!/usr/bin/env node
import { CommanderError } from 'commander'
import { processIo } from './io.js'
import { buildProgram } from './program.js'
import { exitCodes, reportError } from './terminal/report-error.js'

const io = processIo()
try {
  await buildProgram(io).parseAsync(process.argv)
  process.exitCode = exitCodes.done
} catch (error) {
  // Commander has printed its own message; asking for help or the version is no failure.
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  else process.exitCode = reportError(io, error)
}
