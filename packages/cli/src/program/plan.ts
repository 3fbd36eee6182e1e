import type { SizeInput } from '@tidewater/emr'
import { type Command, InvalidArgumentError, Option, type OptionValues } from 'commander'
import { planJob, planSize } from '../commands/plan.js'
import type { CliIo } from '../io.js'
import { given, integer, keyValue } from './options.js'

export function addPlanCommands(program: Command, io: CliIo): void {
  const plan = program
    .command('plan')
    .description('size and settings of a streaming job on EMR, each with its reason; asks no service')
  withLoad(plan.command('size'))
    .description('cores, executors, nodes or Serverless workers, and what they cost')
    .option('--json', 'print one JSON document', false)
    .action((values) => planSize(loadOf(values), values, io))
  withLoad(plan.command('job <job.json>'))
    .description("the size, and the settings of Spark, Kafka source and table for this job's document")
    .requiredOption('--release <label>', 'EMR release, such as emr-7.13.0')
    .option('--set <key=value>', 'a setting that wins over what is recommended; repeatable', keyValue, {})
    .option('--json', 'print one JSON document', false)
    .action((path, values) => planJob(path, loadOf(values), values, io))
}

function withLoad(command: Command): Command {
  return command
    .requiredOption('--partitions <n>', 'partitions of the topic', integer)
    .requiredOption('--rate-per-second <records>', 'records a second, over all partitions', number)
    .requiredOption('--record-bytes <bytes>', "a record's value, before compression", integer)
    .option('--rate-per-core <records>', 'records a second of one core, measured with this job', number)
    .addOption(
      new Option('--target <target>', 'where the job runs').choices(['ec2', 'serverless']).default('ec2'),
    )
    .option('--executor-cores <n>', 'cores of an executor (default: 4)', integer)
    .option('--executor-memory-gb <GB>', 'memory of a Serverless worker (default: 4 for each core)', integer)
    .option('--instance-type <type>', 'of core and task nodes (default: m6g.xlarge)')
    .option('--fleets', 'instance fleets instead of instance groups')
    .option('--spot', 'Spot capacity for task nodes')
}

/** Options of the other target are handed on as well, so that the sizing refuses them. */
function loadOf(values: OptionValues): SizeInput {
  const { ratePerSecond, ratePerCore, fleets, release, set, json, ...alike } = values
  return given({
    ...alike,
    recordsPerSecond: ratePerSecond,
    recordsPerSecondPerCore: ratePerCore,
    capacity: fleets ? 'fleets' : undefined,
  }) as unknown as SizeInput
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Not a number.')
  return value
}
