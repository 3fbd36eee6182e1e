import type { Command } from 'commander'
import { jobRun, jobValidate } from '../commands/job.js'
import { defaultStateFolder } from '../commands/local.js'
import type { CliIo } from '../io.js'
import { integer } from './options.js'

export function addJobCommands(program: Command, io: CliIo): void {
  const job = program.command('job').description('streaming jobs: Kafka to Iceberg')
  job
    .command('validate <job.json>')
    .description('check a job document and print it with its defaults')
    .action((path) => jobValidate(path, io))
  job
    .command('run <job.json>')
    .description('run the job on the local Spark until it ends; Ctrl-C stops it between micro-batches')
    .option(
      '--state-folder <folder>',
      "folder for Spark's scratch files and logs",
      defaultStateFolder(io.env),
    )
    .option('--driver-memory-mb <MiB>', "heap of Spark's driver", integer, 2_048)
    .option('--dry-run', 'only print the document that would run', false)
    .option('--json', 'print one JSON document at the end', false)
    .action((path, options) => jobRun(path, options, io))
}
