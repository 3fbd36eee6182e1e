import { type ArnScope, type ClusterArn, parseClusterArn, refuse } from './arn.js'
import {
  administerTopics,
  connect,
  deleteTopics,
  joinGroups,
  joinSparkGroups,
  readTopics,
  useTransactions,
  writeIdempotently,
  writeTopics,
} from './kafka-grants.js'
import { buildPolicy, type Grant, type IamPolicy } from './policy.js'
import { type ParsedRequest, type PolicyRequest, parsePolicyRequest } from './policy-request.js'
import { parseCatalogArn, parseKmsKeyArn, parseS3Location } from './storage-arn.js'
import {
  commitToCatalog,
  keepCheckpoint,
  listBuckets,
  locateTables,
  lookForStopMarker,
  readArtifacts,
  runQueries,
  useKeys,
  writeCatalog,
  writeLogs,
  writeQueryResults,
  writeTableFiles,
} from './storage-grants.js'

/**
 * The least a role needs on exactly the resources named, each statement with its reason. The same request, in whatever
 * order its lists are, gives the same document.
 *
 * @throws TidewaterError `CONFIG_INVALID` naming the wrong option, ARN or name, or a document longer than IAM accepts
 */
export function iamPolicy(request: PolicyRequest): IamPolicy {
  return buildPolicy(grantsOf(parsePolicyRequest(request)))
}

function grantsOf(request: ParsedRequest): Grant[] {
  switch (request.role) {
    case 'producer':
      return producer(request)
    case 'idempotent-producer': {
      const cluster = parseClusterArn(request.clusterArn)
      const { transactionalIds } = request
      return [
        ...producer(request),
        writeIdempotently(cluster),
        ...(transactionalIds.length === 0 ? [] : [useTransactions(cluster, transactionalIds)]),
      ]
    }
    case 'consumer': {
      const cluster = parseClusterArn(request.clusterArn)
      return [connect(cluster), readTopics(cluster, request.topics), joinGroups(cluster, request.groups)]
    }
    case 'spark-job':
      return sparkJob(request)
    case 'topic-admin': {
      const cluster = parseClusterArn(request.clusterArn)
      return [
        connect(cluster),
        administerTopics(cluster, request.topics),
        ...(request.allowDelete ? [deleteTopics(cluster, request.topics)] : []),
      ]
    }
    case 'maintenance':
      return maintenance(request)
  }
}

function producer({ clusterArn, topics }: ParsedRequest<'producer' | 'idempotent-producer'>): Grant[] {
  const cluster = parseClusterArn(clusterArn)
  return [connect(cluster), writeTopics(cluster, topics)]
}

function sparkJob(request: ParsedRequest<'spark-job'>): Grant[] {
  const cluster = parseClusterArn(request.clusterArn)
  const { partition, catalog } = scopeOf(request, cluster)
  const { checkpoint, stopMarker } = request
  const tables = locateTables(request.tables, request.warehouse)
  return [
    connect(cluster),
    readTopics(cluster, request.topics),
    joinSparkGroups(cluster, request.groupIdPrefix),
    writeCatalog(catalog, tables),
    writeTableFiles(partition, tables),
    keepCheckpoint(partition, checkpoint),
    ...(stopMarker === undefined ? [] : [lookForStopMarker(partition, stopMarker)]),
    ...codeAndLogs(request, catalog),
    listBuckets(partition, [
      ...tables.map(({ files }) => files),
      ...[checkpoint, stopMarker, request.logs, ...request.artifacts].flatMap(locationsOf),
    ]),
    ...useKeys(request.kmsKeyArns),
  ]
}

function maintenance(request: ParsedRequest<'maintenance'>): Grant[] {
  const cluster = request.clusterArn === undefined ? undefined : parseClusterArn(request.clusterArn)
  const { partition, catalog } = scopeOf(request, cluster)
  const { athena } = request
  const tables = locateTables(request.tables, request.warehouse)
  return [
    commitToCatalog(catalog, tables),
    writeTableFiles(partition, tables),
    ...(athena === undefined
      ? []
      : [runQueries(catalog, athena.workgroup), writeQueryResults(partition, athena.results)]),
    ...codeAndLogs(request, catalog),
    listBuckets(partition, [
      ...tables.map(({ files }) => files),
      ...[athena?.results, request.logs, ...request.artifacts].flatMap(locationsOf),
    ]),
    ...useKeys(request.kmsKeyArns),
  ]
}

type StorageRequest = ParsedRequest<'spark-job' | 'maintenance'>

function codeAndLogs({ artifacts, logs }: StorageRequest, { partition }: ArnScope): Grant[] {
  return [
    ...(artifacts.length === 0 ? [] : [readArtifacts(partition, artifacts)]),
    ...(logs === undefined ? [] : [writeLogs(partition, logs)]),
  ]
}

// No credentials work in two partitions, so an ARN of another one is a slip.
function scopeOf(
  { catalogArn, kmsKeyArns }: StorageRequest,
  cluster: ClusterArn | undefined,
): { readonly partition: ArnScope['partition']; readonly catalog: ArnScope } {
  const catalog = catalogArn === undefined ? cluster : parseCatalogArn(catalogArn)
  if (catalog === undefined) {
    const expected = 'the Glue catalog whose tables are maintained'
    return refuse(
      'catalog ARN',
      catalogArn,
      expected,
      'Give a catalog ARN, or a cluster ARN of its account and region.',
    )
  }
  const { partition } = catalog
  if (cluster !== undefined && cluster.partition !== partition) {
    const expected = `the partition ${cluster.partition}, which the cluster is in`
    return refuse('catalog ARN', catalogArn, expected, 'Give ARNs of one partition.')
  }
  for (const arn of kmsKeyArns) {
    if (parseKmsKeyArn(arn).partition === partition) continue
    return refuse(
      'KMS key ARN',
      arn,
      `the partition ${partition}, as the other ARNs`,
      'Give ARNs of one partition.',
    )
  }
  return { partition, catalog }
}

function locationsOf(uri: string | undefined) {
  return uri === undefined ? [] : [parseS3Location(uri, 'location')]
}
