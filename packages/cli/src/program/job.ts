import type { Command } from 'commander'
import { jobRun, jobValidate } from '../commands/job.js'
import { jobLogs, jobReplace, jobStatus, jobStop, jobSubmit } from '../commands/job-runs.js'
import type { CliIo } from '../io.js'
import { addSparkOptions, keyValue } from './options.js'

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
  withSubmission(withTarget(job.command('submit <job.json>'), io))
    .description(
      'start the job and leave it running, or find that it runs: locally, on EMR, Serverless or EKS',
    )
    .option('--backfill', 'read what the topic holds now, and end', false)
    .option('--wait', 'wait for the end; Ctrl-C leaves the job running', false)
    .option('--dry-run', 'only say what would be done', false)
    .action((path, options) => jobSubmit(path, options, io))
  withTarget(job.command('status <job.json>'), io)
    .description("where the job's run is, and how far")
    .action((path, options) => jobStatus(path, options, io))
  withTarget(job.command('logs <job.json>'), io)
    .description("the end of the driver's output")
    .option('--stdout', 'standard output instead of standard error', false)
    .action((path, options) => jobLogs(path, options, io))
  withTarget(job.command('stop <job.json>'), io)
    .description('stop the job between two micro-batches, and wait for its end')
    .option('--now', 'cancel it; the next run reads the micro-batch under way again', false)
    .option('--dry-run', 'only say what would be done', false)
    .action((path, options) => jobStop(path, options, io))
  withSubmission(withTarget(job.command('replace <job.json>'), io))
    .description('stop the version that runs and start this one on its checkpoint')
    .option('--reset-checkpoint', 'start over without the checkpoint; --dry-run says what that means', false)
    .option('--dry-run', 'only say what would be done', false)
    .action((path, options) => jobReplace(path, options, io))
}

/** Where a job runs. */
function withTarget(command: Command, io: CliIo): Command {
  return addSparkOptions(command, io)
    .option('--cluster <id>', 'EMR on EC2: the cluster, j-… (default: the local Spark)')
    .option('--application <id>', 'EMR Serverless: the application')
    .option('--virtual-cluster <id>', 'EMR on EKS: the virtual cluster')
    .option('--release <label>', 'EMR on EKS: such as emr-7.14.0-latest')
    .option('--execution-role <arn>', 'role of the run')
    .option('--log-location <s3-uri>', 'Serverless and EKS: folder for logs')
    .option('--region <region>', 'AWS region (default: that of the AWS configuration)')
    .option('--profile <profile>', 'profile of the AWS configuration')
    .option(
      '--endpoint <url>',
      "one URL for all of AWS's services, such as a local one (default: the region's)",
    )
    .option('--json', 'print one JSON document', false)
}

/** What is submitted beside the document. */
function withSubmission(command: Command): Command {
  return command
    .option(
      '--staging <location>',
      'folder for artifacts, documents and progress; local: in the state folder',
    )
    .option('--conf <key=value>', 'setting of Spark; repeatable', keyValue, {})
    .option('--python <command>', 'a Python that has fastjsonschema (default: one made for this)')
    .option(
      '--decoder-jar <file>',
      'the compiled Avro decoder (default: built for this, but with --python none)',
    )
}
