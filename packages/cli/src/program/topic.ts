import type { Command } from 'commander'
import { topicCreate, topicDescribe } from '../commands/topic.js'
import type { CliIo } from '../io.js'
import { addAccessOptions, addBrokerOptions, integer, keyValue } from './options.js'

export function addTopicCommands(program: Command, io: CliIo): void {
  const topic = program.command('topic').description('create and inspect Kafka topics')
  addAccessOptions(
    topic
      .command('create <topic>')
      .description('create a topic, or grow it to the partitions asked for')
      .option('--broker <host:port,...>', 'bootstrap brokers')
      .option('--cluster <name-or-arn>', "an MSK cluster instead: through the service's topic API, or IAM")
      .option('--endpoint <url>', "with --cluster: URL of the MSK service (default: the region's)"),
  )
    .option('--partitions <n>', 'partitions', integer, 3)
    .option('--replication-factor <n>', 'replicas of each partition', integer, 1)
    .option('--config <name=value>', 'topic config by its Kafka name; repeatable', keyValue, {})
    .option('--dry-run', 'only say what would be done', false)
    .option('--json', 'print one JSON document', false)
    .action((name, options) => topicCreate(name, options, io))
  addBrokerOptions(
    topic.command('describe <topic>').description('partitions with leaders, replicas and offsets'),
  )
    .option('--json', 'print one JSON document', false)
    .action((name, options) => topicDescribe(name, options, io))
}
