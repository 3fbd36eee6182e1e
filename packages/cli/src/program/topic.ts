import type { Command } from 'commander'
import { topicCreate, topicDescribe } from '../commands/topic.js'
import type { CliIo } from '../io.js'
import { integer, keyValue } from './options.js'

export function addTopicCommands(program: Command, io: CliIo): void {
  const topic = program.command('topic').description('create and inspect Kafka topics')
  topic
    .command('create <topic>')
    .description('create a topic, or grow it to the partitions asked for')
    .requiredOption('--broker <host:port,...>', 'bootstrap brokers')
    .option('--partitions <n>', 'partitions', integer, 3)
    .option('--replication-factor <n>', 'replicas of each partition', integer, 1)
    .option('--config <name=value>', 'topic config by its Kafka name; repeatable', keyValue, {})
    .option('--dry-run', 'only say what would be done', false)
    .option('--json', 'print one JSON document', false)
    .action((name, options) => topicCreate(name, options, io))
  topic
    .command('describe <topic>')
    .description('partitions with leaders, replicas and offsets')
    .requiredOption('--broker <host:port,...>', 'bootstrap brokers')
    .option('--json', 'print one JSON document', false)
    .action((name, options) => topicDescribe(name, options, io))
}
