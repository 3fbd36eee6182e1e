import { type Severity, severities } from '@tidewater/core'
import { CommanderError, Option } from 'commander'

// Of a check whose findings reach `--fail-on`; main passes on what isn't Commander's own 1.
const findingsExitCode = 3

/** @param byDefault none: findings are no failure unless asked for */
export function failOnOption(byDefault?: Severity): Option {
  const option = new Option(
    '--fail-on <severity>',
    `least severity that ends with exit code ${findingsExitCode}${byDefault === undefined ? ' (default: none)' : ''}`,
  ).choices(severities)
  return byDefault === undefined ? option : option.default(byDefault)
}

/** What ends the command with the exit code of findings. */
export function findingsReached(failOn: Severity): CommanderError {
  return new CommanderError(findingsExitCode, 'tidewater.findings', `findings of ${failOn} or above`)
}
