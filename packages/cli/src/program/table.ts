import type { Command } from 'commander'
import { defaultStateFolder } from '../commands/local.js'
import { tableAudit, tableMaintain } from '../commands/table.js'
import type { CliIo } from '../io.js'
import { ageMs, given, integer, list } from './options.js'

export function addTableCommands(program: Command, io: CliIo): void {
  const table = program.command('table').description('the Iceberg table a job writes')
  table
    .command('audit <job.json>')
    .description('count whether each record of the topic is in the table exactly once')
    .option(
      '--delivered <file>',
      'the JSON that `tidewater produce --json` printed: audit its delivery reports too',
    )
    .option('--identity <column,...>', 'columns that together name a record', list, [])
    .option(
      '--state-folder <folder>',
      "folder for Spark's scratch files and logs",
      defaultStateFolder(io.env),
    )
    .option('--json', 'print one JSON document', false)
    .action((path, options) => tableAudit(path, options, io))
  table
    .command('maintain <job.json>')
    .description('plan maintenance with reasons, and carry it out')
    .option('--target-file-size-mb <MiB>', 'size data files are merged towards (default: 512)', integer)
    .option('--min-input-files <n>', 'fewest files worth merging (default: 5)', integer)
    .option('--max-snapshot-age <age>', 'younger snapshots are kept, such as 5d or 12h (default: 5d)', ageMs)
    .option('--retain-last <n>', 'newest snapshots kept whatever their age (default: 1)', integer)
    .option('--orphan-age <age>', 'younger files are never orphans, at least 24h (default: 3d)', ageMs)
    .option('--remove-orphan-files', 'remove orphan files instead of listing them')
    .option(
      '--state-folder <folder>',
      "folder for Spark's scratch files and logs",
      defaultStateFolder(io.env),
    )
    .option('--dry-run', 'only print the plan', false)
    .option('--json', 'print one JSON document', false)
    .action(
      (
        path: string,
        {
          targetFileSizeMb,
          minInputFiles,
          maxSnapshotAge,
          retainLast,
          orphanAge,
          removeOrphanFiles,
          ...options
        },
      ) => {
        const maintenance = given({
          targetFileSizeBytes: targetFileSizeMb === undefined ? undefined : targetFileSizeMb * 2 ** 20,
          minInputFiles,
          maxSnapshotAgeMs: maxSnapshotAge,
          retainLastSnapshots: retainLast,
          orphanAgeMs: orphanAge,
          removeOrphanFiles,
        })
        return tableMaintain(path, { ...options, maintenance }, io)
      },
    )
}
