import { type Command, Option } from 'commander'
import { tableAudit } from '../commands/table-audit.js'
import { tableHealth } from '../commands/table-health.js'
import { tableMaintain } from '../commands/table-maintain.js'
import type { CliIo } from '../io.js'
import { failOnOption, findingsReached } from './findings.js'
import { addSparkOptions, ageMs, collect, given, integer, list } from './options.js'

export function addTableCommands(program: Command, io: CliIo): void {
  const table = program.command('table').description('Iceberg tables: their health, maintenance and audit')
  addCatalogOptions(table.command('health <database.table>'))
    .description('measure a table by its metadata alone, without an engine, and say what is wrong with it')
    .option(
      '--target-file-size-mb <MiB>',
      "size data files are meant to have (default: the table's, else 512)",
      integer,
    )
    .option(
      '--orphans <age>',
      'look for files no metadata names that are older, such as 3d: lists the table',
      ageMs,
    )
    .option(
      '--also-in <catalog>',
      'another catalog that should have the same table, and is compared: glue, hadoop:<warehouse>, rest:<uri>, or a metadata file',
    )
    .option('--markdown', 'print Markdown', false)
    .option('--json', 'print one JSON document', false)
    .addOption(failOnOption())
    .action(async (name: string, { targetFileSizeMb, orphans, ...values }) => {
      const sizes = given({
        targetFileSizeBytes: targetFileSizeMb && targetFileSizeMb * 2 ** 20,
        orphansOlderThanMs: orphans,
      })
      if (await tableHealth(name, { ...values, ...sizes }, io)) throw findingsReached(values.failOn)
    })
  addSparkOptions(table.command('audit <job.json>'), io)
    .description('count whether each record of the topic is in the table exactly once')
    .option(
      '--delivered <file>',
      'a JSON that `tidewater produce --json` printed; name all of the topic',
      collect,
      [],
    )
    .option('--identity <column,...>', 'columns that together name a record', list, [])
    .option('--ca-file <file>', "PEM file of the brokers' certificate authority (default: the job's, if PEM)")
    .option('--json', 'print one JSON document', false)
    .action((path, options) => tableAudit(path, options, io))
  addSparkOptions(table.command('maintain <job.json>'), io)
    .description('measure the table, plan maintenance with reasons, carry it out, and measure what it did')
    .option(
      '--policy <file>',
      'maintenance policy in YAML or JSON (default: the options below, for this table)',
    )
    .option('--dead-letters', "the job's dead-letter table instead of its main one", false)
    .option('--target-file-size-mb <MiB>', 'size data files are merged towards (default: 512)', integer)
    .option('--min-input-files <n>', 'fewest files worth merging (default: 5)', integer)
    .option('--max-snapshot-age <age>', 'younger snapshots are kept, such as 5d or 12h (default: 5d)', ageMs)
    .option('--retain-last <n>', 'newest snapshots kept whatever their age (default: 1)', integer)
    .option('--protect-query <id>', 'a streaming query whose last snapshot stays; repeatable', collect)
    .option('--orphan-age <age>', 'younger files are never orphans, at least 24h (default: 3d)', ageMs)
    .option('--remove-orphan-files', 'remove orphan files instead of listing them')
    .option('--dry-run', 'only print the plan', false)
    .option('--json', 'print one JSON document', false)
    .action((path: string, values) => {
      const { stateFolder, driverMemoryMb, deadLetters, dryRun, json, policy, protectQuery } = values
      const operations = given({
        rewriteDataFiles: settings({ minInputFiles: values.minInputFiles }),
        expireSnapshots: settings({
          maxAgeHours: hours(values.maxSnapshotAge),
          retainLast: values.retainLast,
        }),
        removeOrphanFiles: settings({
          minAgeHours: hours(values.orphanAge),
          dryRun: values.removeOrphanFiles === true ? false : undefined,
        }),
      })
      const more = given({
        policy,
        operations: settings(operations),
        targetFileSizeBytes: values.targetFileSizeMb && values.targetFileSizeMb * 2 ** 20,
        protectQueryIds: protectQuery,
      })
      return tableMaintain(path, { stateFolder, driverMemoryMb, deadLetters, dryRun, json, ...more }, io)
    })
}

/** What was given; undefined when nothing was. */
function settings<T extends object>(values: T): T | undefined {
  const some = given(values)
  return Object.keys(some).length === 0 ? undefined : some
}

function hours(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 3_600_000
}

/** Where the table is. */
function addCatalogOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--catalog <type>', 'catalog that has the table')
        .choices(['glue', 'hadoop', 'rest'])
        .default('glue'),
    )
    .option('--warehouse <location>', "hadoop: the catalog's root; rest: the warehouse")
    .option('--uri <url>', "rest: the catalog's URL, without /v1")
    .option('--token-env <name>', 'rest: environment variable that has the bearer token')
    .option('--region <region>', 'AWS region (default: that of the AWS configuration)')
    .option('--profile <profile>', 'profile of the AWS configuration')
    .option('--endpoint <url>', "one URL for Glue and S3, such as a local stack's (default: the region's)")
}
