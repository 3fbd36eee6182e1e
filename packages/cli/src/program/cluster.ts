import { brokerNetworks } from '@tidewater/core/msk'
import { clusterKinds } from '@tidewater/emr'
import { type Command, Option } from 'commander'
import {
  clusterBrokers,
  clusterDelete,
  clusterDescribe,
  clusterPlan,
  clusterWait,
} from '../commands/cluster.js'
import {
  clusterStatus,
  clusterTerminate,
  createCluster,
  documentKinds,
} from '../commands/cluster-document.js'
import { emrClusterList } from '../commands/emr-cluster.js'
import type { CliIo } from '../io.js'
import { ageMs, integer, keyValue, list } from './options.js'

export function addClusterCommands(program: Command, io: CliIo): void {
  const cluster = program
    .command('cluster')
    .description('create, inspect and end clusters of Amazon MSK and EMR')
  withDefinition(withAccount(cluster.command('plan <name>')).requiredOption(...subnets))
    .description('say what `create` would do, what the cluster would cost, and what is in its way')
    .action((name, options) => clusterPlan(name, options, io))
  withDefinition(withAccount(cluster.command('create <name-or-document>')).option(...subnets))
    .description(
      'create the cluster, or find that it is there: a document (*.json) of any kind, or an MSK cluster by name and options',
    )
    .option('--dry-run', 'only say what would be done, and why', false)
    .option('--wait', 'wait until the cluster is ready', false)
    .addOption(waitLimit('for MSK 1h, for EMR none'))
    .action((nameOrDocument, options) => createCluster(nameOrDocument, options, io))
  withKind(withAccount(cluster.command('status <document-or-id>')), documentKinds)
    .description('state and settings; by document, id, ARN, or name and --kind')
    .action((subject, options) => clusterStatus(subject, options, io))
  withKind(withAccount(cluster.command('terminate <document-or-id>')), clusterKinds)
    .description('terminate a cluster of EMR that tidewater has made')
    .option('--dry-run', 'only say what would be done', false)
    .option('--wait', 'wait until it has ended', false)
    .addOption(waitLimit('none'))
    .action((subject, options) => clusterTerminate(subject, options, io))
  withKind(withAccount(cluster.command('list')), clusterKinds)
    .description('clusters of EMR that tidewater has made and that have not ended')
    .action((options) => emrClusterList(options, io))
  withAccount(cluster.command('describe <name-or-arn>'))
    .description('an MSK cluster: state, size and authentication')
    .action((nameOrArn, options) => clusterDescribe(nameOrArn, options, io))
  withAccount(cluster.command('wait <name-or-arn>'))
    .description('wait until an MSK cluster is ACTIVE')
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
    .description('an MSK cluster: say what would be deleted; with --confirm delete it and all its data')
    .option('--confirm <name>', "the cluster's name, to delete it")
    .action((nameOrArn, options) => clusterDelete(nameOrArn, options, io))
}

function timeout(): Option {
  return new Option('--timeout <age>', 'longest wait, such as 90m').argParser(ageMs).default(3_600_000, '1h')
}

function waitLimit(defaults: string): Option {
  return new Option('--timeout <age>', `longest wait, such as 90m (default: ${defaults})`).argParser(ageMs)
}

function withKind(command: Command, kinds: readonly string[]): Command {
  return command.addOption(
    new Option('--kind <kind>', "default: the document's, or told by the id").choices(kinds),
  )
}

const subnets = [
  '--subnets <id,...>',
  'one subnet in each Availability Zone: 2 or 3, Express 3',
  list,
] as const

function withAccount(command: Command): Command {
  return command
    .option('--region <region>', "AWS region (default: the ARN's, or that of the AWS configuration)")
    .option('--profile <profile>', 'profile of the AWS configuration')
    .option('--endpoint <url>', "URL of the service (default: the region's)")
    .option('--json', 'print one JSON document', false)
}

function withDefinition(command: Command): Command {
  return command
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
