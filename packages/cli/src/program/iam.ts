import { policyRoles } from '@tidewater/core'
import { Argument, type Command, InvalidArgumentError } from 'commander'
import { iamCheck, iamPolicyDocument, type TableOption } from '../commands/iam-policy.js'
import type { CliIo } from '../io.js'
import { failOnOption, findingsReached } from './findings.js'
import { collect, given } from './options.js'

export function addIamCommands(program: Command, io: CliIo): void {
  const iam = program
    .command('iam')
    .description('IAM policies for MSK: write the least, check those of others')
  iam
    .command('policy')
    .addArgument(new Argument('<role>', 'who the policy is for').choices(policyRoles))
    .description('print the least a role needs as an IAM policy document')
    .option('--cluster-arn <arn>', 'the MSK cluster')
    .option('--topic <name>', 'a topic, or a prefix and *; repeatable', collect)
    .option('--group <id>', 'a consumer group, or a prefix and *; repeatable', collect)
    .option('--transactional-id <id>', 'a transactional id, or a prefix and *; repeatable', collect)
    .option('--allow-delete', 'topic-admin: topics may be deleted too')
    .option('--group-id-prefix <prefix>', "spark-job: the Kafka source's groupIdPrefix")
    .option('--table <db.table[=s3://…]>', 'a table in Glue, and where it is; repeatable', collectTables)
    .option('--warehouse <s3://…>', 'the Iceberg warehouse, for tables that say no place of their own')
    .option('--catalog-arn <arn>', "the Glue catalog (default: that of the cluster's account and region)")
    .option('--checkpoint <s3://…>', "spark-job: the job's checkpoint")
    .option('--stop-marker <s3://…>', "spark-job: the job's stop marker")
    .option('--artifacts <s3://…>', "where the job's code is read from; repeatable", collect)
    .option('--logs <s3://…>', 'where EMR writes logs')
    .option('--kms-key-arn <arn>', 'a key the buckets are encrypted with; repeatable', collect)
    .option('--athena-workgroup <name>', 'maintenance: the workgroup that runs the statements')
    .option('--athena-results <s3://…>', "maintenance: the workgroup's result location")
    .option('--explain', 'say why each statement is there, on stderr (default on a terminal)')
    .option('--json', 'print one JSON document with the policy and its explanations', false)
    .action((role, values) => {
      const { explain = io.isTty, json, topic, group, transactionalId, table, kmsKeyArn, ...named } = values
      const { athenaWorkgroup: workgroup, athenaResults: results, ...alike } = named
      const athena = workgroup === undefined && results === undefined ? undefined : { workgroup, results }
      const lists = { topics: topic, groups: group, transactionalIds: transactionalId, tables: table }
      const request = given({ role, ...alike, ...lists, kmsKeyArns: kmsKeyArn, athena })
      iamPolicyDocument(request, { explain, json }, io)
    })
  iam
    .command('check <file>')
    .description(
      'check a policy document: actions that never match, that miss another one, or that are too wide',
    )
    .addOption(failOnOption('error'))
    .option('--json', 'print one JSON document', false)
    .action(async (path, options) => {
      if (await iamCheck(path, options, io)) throw findingsReached(options.failOn)
    })
}

function collectTables(text: string, collected: readonly TableOption[] = []): TableOption[] {
  const [, database, name, location] = /^([^.=]+)\.([^.=]+)(?:=(.+))?$/.exec(text) ?? []
  if (database === undefined || name === undefined) {
    throw new InvalidArgumentError('Not of the form database.table or database.table=s3://bucket/prefix.')
  }
  return [...collected, { database, name, ...(location === undefined ? {} : { location }) }]
}
