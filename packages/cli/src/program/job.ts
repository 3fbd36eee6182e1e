import type { Command } from 'commander'
import { jobRun, jobValidate } from '../commands/job.js'
import type { CliIo } from '../io.js'
import { addSparkOptions } from './options.js'

export function addJobCommands(program: Command, io: CliIo): void {
  const job = program.command('job').description('streaming jobs: Kafka to Iceberg')
  job
    .command('validate <job.json>')
    .description('check a job document and print it with its defaults; changes nothing')
    .action((path) => jobValidate(path, io))
  addSparkOptions(job.command('run <job.json>'), io)
    .description('run the job on the local Spark until it ends; Ctrl-C stops it between micro-batches')
    .option('--json', 'print one JSON document at the end', false)
    .action((path, options) => jobRun(path, options, io))
}
