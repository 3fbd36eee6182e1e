import { brokerNetworks } from '@tidewater/core/msk'
import { type Command, Option } from 'commander'
import {
  clusterBrokers,
  clusterCreate,
  clusterDelete,
  clusterDescribe,
  clusterPlan,
  clusterWait,
} from '../commands/cluster.js'
import type { CliIo } from '../io.js'
import { ageMs, integer, keyValue, list } from './options.js'

export function addClusterCommands(program: Command, io: CliIo): void {
  const cluster = program.command('cluster').description('create and inspect Amazon MSK clusters')
  withDefinition(withAccount(cluster.command('plan <name>')))
    .description('say what `create` would do, what the cluster would cost, and what is in its way')
    .action((name, options) => clusterPlan(name, options, io))
  withDefinition(withAccount(cluster.command('create <name>')))
    .description('create the cluster, or find that it is there; with IAM authentication, over TLS')
    .option('--dry-run', 'only say what would be done', false)
    .option('--wait', 'wait until the cluster is ACTIVE', false)
    .addOption(timeout())
    .action((name, options) => clusterCreate(name, options, io))
  withAccount(cluster.command('describe <name-or-arn>'))
    .description('state, size and authentication')
    .action((nameOrArn, options) => clusterDescribe(nameOrArn, options, io))
  withAccount(cluster.command('wait <name-or-arn>'))
    .description('wait until the cluster is ACTIVE')
    .addOption(timeout())
    .action((nameOrArn, options) => clusterWait(nameOrArn, options, io))
  withAccount(cluster.command('brokers <name-or-arn>'))
    .description('the brokers to connect to with IAM authentication')
    .addOption(
      new Option('--network <network>', 'the way from this machine to the brokers')
        .choices(brokerNetworks)
        .default('private'),
    )
    .action((nameOrArn, options) => clusterBrokers(nameOrArn, options, io))
  withAccount(cluster.command('delete <name-or-arn>'))
    .description('say what would be deleted; with --confirm delete the cluster and all its data')
    .option('--confirm <name>', "the cluster's name, to delete it")
    .action((nameOrArn, options) => clusterDelete(nameOrArn, options, io))
}

function timeout(): Option {
  return new Option('--timeout <age>', 'longest wait, such as 90m').argParser(ageMs).default(3_600_000, '1h')
}

function withAccount(command: Command): Command {
  return command
    .option('--region <region>', "AWS region (default: the ARN's, or that of the AWS configuration)")
    .option('--profile <profile>', 'profile of the AWS configuration')
    .option('--endpoint <url>', "URL of the MSK service (default: the region's)")
    .option('--json', 'print one JSON document', false)
}

function withDefinition(command: Command): Command {
  return command
    .requiredOption('--subnets <id,...>', 'one subnet in each Availability Zone: 2 or 3, Express 3', list)
    .option('--security-groups <id,...>', "security groups (default: the VPC's)", list)
    .option('--serverless', 'a Serverless cluster; the options below are for the others', false)
    .option('--kafka-version <version>', 'KRaft version (default: 3.9.x.kraft)')
    .option('--broker-type <type>', 'such as express.m7g.large (default: kafka.m7g.large)')
    .option('--brokers-per-zone <n>', 'brokers in each Availability Zone (default: 1)', integer)
    .option('--storage-gib <GiB>', 'volume of each broker (default: 100; Express has none)', integer)
    .option(
      '--provisioned-throughput-mibps <MiB/s>',
      'throughput of each volume (default: not provisioned)',
      integer,
    )
    .option('--tag <name=value>', 'tag on the cluster; repeatable', keyValue, {})
}
