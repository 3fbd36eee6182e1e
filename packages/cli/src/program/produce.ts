import { acksLevels, compressions, driverNames } from '@tidewater/core'
import { defaultDriver } from '@tidewater/producer'
import { type Command, InvalidArgumentError } from 'commander'
import { produce } from '../commands/produce.js'
import type { CliIo } from '../io.js'
import { addBrokerOptions, ageMs, given, integer } from './options.js'

export function addProduceCommand(program: Command, io: CliIo): void {
  addBrokerOptions(
    program
      .command('produce')
      .description('produce NetFlow records and count what was delivered, per partition')
      .requiredOption('--topic-name <topic>', 'topic to produce to; it must exist'),
  )
    .option(
      '--cycle <n>',
      'how many times --count records are produced; -1 until stopped (default: 1)',
      integer,
    )
    .option('-c, --count <n>', 'records per cycle (default: 1000)', integer)
    .option(
      '--duration <time>',
      'end after this long, such as 60s or 5m, instead of --cycle and --count',
      ageMs,
    )
    .option('--workers <n>', 'producers that share the records and the rate (default: 1)', integer)
    .option('--worker-count <n>', 'be one of so many workers, each a process of its own', integer)
    .option('--worker-index <i>', 'which of them, from 0 (default: JOB_COMPLETION_INDEX)', integer)
    .option('--manifest <kind>', 'k8s: print a Kubernetes Job whose pods are the workers; needs --image')
    .option('--image <image>', "container image of the manifest's pods")
    .option(
      '--client-id <name>',
      "this producer's name (default: tidewater-produce); of workers, what their numbers follow (default: Kafka-P)",
    )
    .option('--driver <name>', `${oneOf(driverNames)} (default: ${defaultDriver})`)
    .option('--writer-id <name>', 'writer_id of the records (default: the client id)')
    .option('--seed <n>', 'seed of the generated records (default: 1)', integer)
    .option('--first-sequence-number <n>', 'export_proto_seqno of the first record (default: 1)', integer)
    .option('--rate-per-second <n>', 'most records a second (default: as many as go)', integer)
    .option(
      '--registry-url <url>',
      "registry with Confluent's API that says each record's schema, which must be registered (default: plain Avro)",
    )
    .option(
      '--registry-auth',
      'authenticate to it: TIDEWATER_REGISTRY_USERNAME and TIDEWATER_REGISTRY_PASSWORD of the environment',
    )
    .option(
      '--glue-registry <name>',
      'the same with the AWS Glue Schema Registry; credentials as the AWS SDK finds them',
    )
    .option('--acks <who>', `${oneOf(acksLevels)} (default: all)`)
    .option('--compression <codec>', `${oneOf(compressions)} (default: snappy)`)
    .option('--linger-ms <ms>', 'how long a batch waits for more records (default: 5)', number)
    .option('--batch-bytes <bytes>', 'a batch is closed before it exceeds this (default: 1000000)', integer)
    .option(
      '--max-buffered-bytes <bytes>',
      'bound on the memory of undelivered records (default: 67108864)',
      integer,
    )
    .option('--dry-run', 'only say what would be produced')
    .option('--json', 'print one JSON document')
    .action(({ duration, ...options }) => produce(given({ ...options, durationMs: duration }), io))
}

function oneOf(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Not a number.')
  return value
}
