import { type Command, InvalidArgumentError, type OptionValues } from 'commander'
import { defaultStateFolder } from '../commands/local.js'
import type { CliIo } from '../io.js'

/** An option value that is a whole number; bounds are checked where the option is used. */
export function integer(text: string): number {
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError('Not a whole number.')
  }
  return Number(text)
}

/** Collects `--config name=value`, given any number of times. */
export function keyValue(
  text: string,
  collected: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const separator = text.indexOf('=')
  if (separator < 1) throw new InvalidArgumentError('Not of the form name=value.')
  return { ...collected, [text.slice(0, separator)]: text.slice(separator + 1) }
}

/** Splits `a,b,c`. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** An option's age in days or hours, as `5d`, `12h`, `30m` or `45s`, in milliseconds. */
export function ageMs(text: string): number {
  const match = /^(\d+)([dhms])$/.exec(text)
  if (match === null) throw new InvalidArgumentError('Not an age such as 5d, 12h, 30m or 45s.')
  const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 }[match[2] as 'd' | 'h' | 'm' | 's']
  return Number(match[1]) * unitMs
}

/** The values without those that were not given, so that defaults are decided in one place. */
export function given<T extends OptionValues>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}

/** Collects the values of an option that is given any number of times. */
export function collect(text: string, collected: readonly string[] = []): string[] {
  return [...collected, text]
}

/** The options of every command that talks to Kafka: where the brokers are, and who asks. */
export function addBrokerOptions(command: Command): Command {
  return addAccessOptions(command.requiredOption('--broker <host:port,...>', 'bootstrap brokers'))
}

/** Who asks, for commands that may look up themselves where the brokers are. */
export function addAccessOptions(command: Command): Command {
  return command
    .option('--iam', 'authenticate with AWS IAM (MSK), over TLS; credentials as the AWS SDK finds them')
    .option('--region <region>', "the cluster's region (default: from the brokers' names, or AWS_REGION)")
    .option('--profile <name>', 'profile of the AWS configuration files')
    .option('--role-arn <arn>', 'role to assume')
    .option('--tls', 'speak TLS without authentication')
    .option('--ca-file <file>', "PEM file of the certificate authority (default: the system's)")
}

/** The options of every command that runs Spark on this machine. */
export function addSparkOptions(command: Command, io: CliIo): Command {
  return command
    .option(
      '--state-folder <folder>',
      "folder for Spark's scratch files and logs",
      defaultStateFolder(io.env),
    )
    .option('--driver-memory-mb <MiB>', "heap of Spark's driver, which is all of Spark here", integer, 2_048)
}
