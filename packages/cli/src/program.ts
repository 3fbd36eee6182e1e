import { Command } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import type { CliIo } from './io.js'
import { addClusterCommands } from './program/cluster.js'
import { addDemoCommand } from './program/demo.js'
import { addIamCommands } from './program/iam.js'
import { addJobCommands } from './program/job.js'
import { addLocalCommands } from './program/local.js'
import { addPlanCommands } from './program/plan.js'
import { addProduceCommand } from './program/produce.js'
import { addTableCommands } from './program/table.js'
import { addTopicCommands } from './program/topic.js'

/** The command line: what each command is called, its options and their help. What they do is in `commands/`. */
export function buildProgram(io: CliIo): Command {
  const program = new Command('tidewater')
    .description('Avro records into Kafka, through Spark, into Iceberg tables that stay healthy.')
    .version(manifest.version)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError('(--help lists the options)')
    .exitOverride()
  addLocalCommands(program, io)
  addTopicCommands(program, io)
  addClusterCommands(program, io)
  addProduceCommand(program, io)
  addPlanCommands(program, io)
  addJobCommands(program, io)
  addIamCommands(program, io)
  addTableCommands(program, io)
  addDemoCommand(program, io)
  return program
}
