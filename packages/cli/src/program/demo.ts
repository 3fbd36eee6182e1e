import type { Command } from 'commander'
import { parseDemoOptions } from '../demo/options.js'
import { runDemo } from '../demo/run.js'
import type { CliIo } from '../io.js'
import { given, integer } from './options.js'

export function addDemoCommand(program: Command, io: CliIo): void {
  program
    .command('demo')
    .description(
      'the whole way on this machine: broker, producers, Spark, Iceberg, audit, maintenance, audit',
    )
    .option('--records <n>', 'records produced in all (default: 1000000)', integer)
    .option('--producers <n>', 'producers that share them (default: 4)', integer)
    .option('--partitions <n>', 'partitions of the topic (default: 3)', integer)
    .option('--micro-batches <n>', 'micro-batches the streaming job takes (default: 8)', integer)
    .option('--seed <n>', 'seed of the generated records (default: 1)', integer)
    .option('--spark-memory-mb <MiB>', "heap of Spark's driver (default: 2048)", integer)
    .option('--state-folder <folder>', 'folder for data, tables and logs (default: a temporary one)')
    .option('--json <file>', 'write the summary to a file as JSON')
    .option('--iam', 'over TLS with AWS IAM, as against MSK')
    .option('--aws', 'jobs as steps of an EMR cluster, tables in Glue and S3, on local endpoints')
    .option('--keep', 'leave the stack up and its folder in place')
    .action(async ({ json, ...options }) => {
      await runDemo(parseDemoOptions(given({ ...options, jsonFile: json })), io)
    })
}
