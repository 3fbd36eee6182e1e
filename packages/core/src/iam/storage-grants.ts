import type { ArnScope, Partition } from './arn.js'
import { refuse } from './arn.js'
import type { Grant } from './policy.js'
import { sources } from './sources.js'
import {
  bucketArn,
  checkGlueTable,
  folderArns,
  type GlueTable,
  glueArns,
  objectArn,
  parseKmsKeyArn,
  parseS3Location,
  parseS3Prefix,
  type S3Location,
  workgroupArn,
} from './storage-arn.js'

// What jobs need of Glue, S3, KMS and Athena, a statement at a time.

export interface TableWithFiles extends GlueTable {
  readonly files: S3Location
}

/**
 * Where each table's files are.
 *
 * @throws TidewaterError `CONFIG_INVALID` for a bad name or location, or a table of which neither is known
 */
export function locateTables(
  tables: readonly (GlueTable & { readonly location?: string | undefined })[],
  warehouse: string | undefined,
): readonly TableWithFiles[] {
  const root = warehouse === undefined ? undefined : parseS3Location(warehouse, 'warehouse')
  return tables.map((table) => {
    const { database, name } = checkGlueTable(table)
    if (table.location !== undefined) {
      return { database, name, files: parseS3Prefix(table.location, 'table location') }
    }
    if (root === undefined) {
      const expected = 'a location of its own, because no warehouse is given'
      return refuse(
        'table',
        `${database}.${name}`,
        expected,
        "Give the catalog's warehouse, or the table's location.",
      )
    }
    const folders = [root.key, `${database}.db`, name].filter((part) => part !== '')
    return { database, name, files: { bucket: root.bucket, key: folders.join('/') } }
  })
}

export function writeCatalog(scope: ArnScope, tables: readonly GlueTable[]): Grant {
  const actions = ['GetDatabase', 'CreateDatabase', 'GetTable', 'CreateTable', 'UpdateTable']
  return {
    sid: 'WriteCatalog',
    actions: actions.map((action) => `glue:${action}`),
    resources: glueArns(scope, tables),
    why: 'The job creates database and tables when they are absent, and a commit is GetTable, then UpdateTable under the version it read. Glue checks each against catalog, database and table.',
    source: `${sources.icebergGlue}; ${sources.glueArns}`,
  }
}

export function commitToCatalog(scope: ArnScope, tables: readonly GlueTable[]): Grant {
  return {
    sid: 'CommitToCatalog',
    actions: ['glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable'],
    resources: glueArns(scope, tables),
    why: 'Maintenance commits to tables that are there: GetTable, then UpdateTable under the version it read. It creates nothing.',
    source: `${sources.icebergGlue}; ${sources.glueArns}`,
  }
}

const readAndWrite = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload']

export function writeTableFiles(partition: Partition, tables: readonly TableWithFiles[]): Grant {
  return {
    sid: 'WriteTableFiles',
    actions: readAndWrite,
    resources: tables.flatMap(({ files }) => folderArns(partition, files)),
    why: 'Data and metadata files of the tables. DeleteObject because a commit that lost the race deletes the metadata it wrote, and expiry deletes files; AbortMultipartUpload so that a failed upload leaves nothing behind.',
    source: `${sources.icebergGlue}; ${sources.s3Actions}`,
  }
}

export function keepCheckpoint(partition: Partition, checkpoint: string): Grant {
  return {
    sid: 'KeepCheckpoint',
    actions: readAndWrite,
    resources: folderArns(partition, parseS3Prefix(checkpoint, 'checkpoint')),
    why: 'The streaming query keeps its offsets and commits here, reads them at the next start, and deletes old ones.',
    source: sources.s3Actions,
  }
}

export function readArtifacts(partition: Partition, artifacts: readonly string[]): Grant {
  return {
    sid: 'ReadArtifacts',
    actions: ['s3:GetObject'],
    resources: artifacts.flatMap((one) => folderArns(partition, parseS3Prefix(one, 'artifacts'))),
    why: "The job's code, jars and document are read when it starts, and never written by it.",
    source: sources.s3Actions,
  }
}

export function writeLogs(partition: Partition, logs: string): Grant {
  return {
    sid: 'WriteLogs',
    actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
    resources: folderArns(partition, parseS3Prefix(logs, 'logs')),
    why: 'EMR puts the logs of driver and executors here; a job can not delete its own.',
    source: sources.s3Actions,
  }
}

export function lookForStopMarker(partition: Partition, marker: string): Grant {
  return {
    sid: 'LookForStopMarker',
    actions: ['s3:GetObject'],
    resources: [objectArn(partition, parseS3Prefix(marker, 'stop marker'))],
    why: 'The job looks for this object and stops when it appears; it neither writes nor deletes it.',
    source: sources.s3Actions,
  }
}

export function listBuckets(partition: Partition, locations: readonly S3Location[]): Grant {
  return {
    sid: 'ListBuckets',
    actions: ['s3:GetBucketLocation', 's3:ListBucket'],
    resources: locations.map((location) => bucketArn(partition, location)),
    why: 'Whether a file exists is answered "access denied" instead of "not found" to those who may not list the bucket. That question names no prefix, so a condition on s3:prefix would deny it. Listing shows names, never contents.',
    source: sources.s3Head,
  }
}

export function runQueries(scope: ArnScope, workgroup: string): Grant {
  const actions = [
    'StartQueryExecution',
    'GetQueryExecution',
    'StopQueryExecution',
    'GetQueryResults',
    'GetWorkGroup',
  ]
  return {
    sid: 'RunQueries',
    actions: actions.map((action) => `athena:${action}`),
    resources: [workgroupArn(scope, workgroup)],
    why: 'Athena runs the maintenance statements in this workgroup alone.',
    source: sources.athena,
  }
}

export function writeQueryResults(partition: Partition, results: string): Grant {
  return {
    sid: 'WriteQueryResults',
    actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
    resources: folderArns(partition, parseS3Prefix(results, 'Athena results')),
    why: "Athena writes and reads a statement's result with the rights of the caller.",
    source: sources.athena,
  }
}

/** One statement per region and partition, because S3 uses a key only in the region it is in. */
export function useKeys(keyArns: readonly string[]): Grant[] {
  const byRegion = new Map<string, { keys: string[]; scope: ArnScope }>()
  for (const arn of keyArns) {
    const scope = parseKmsKeyArn(arn)
    const group = byRegion.get(scope.region) ?? { keys: [], scope }
    byRegion.set(scope.region, { ...group, keys: [...group.keys, arn] })
  }
  const groups = [...byRegion.values()].sort((a, b) => (a.scope.region < b.scope.region ? -1 : 1))
  return groups.map(({ keys, scope }) => ({
    sid: groups.length === 1 ? 'UseKeys' : `UseKeys${scope.region.replaceAll('-', '')}`,
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: keys,
    condition: { StringEquals: { 'kms:ViaService': s3Endpoints(scope) } },
    why: 'Objects encrypted with the key: GenerateDataKey to write them, Decrypt to read them and to complete multipart uploads; only by way of S3.',
    source: sources.s3Kms,
  }))
}

// China's endpoints end in .cn; which of the two names KMS compares there isn't documented, so both are allowed.
function s3Endpoints({ partition, region }: ArnScope): string[] {
  const global = `s3.${region}.amazonaws.com`
  return partition === 'aws-cn' ? [global, `${global}.cn`] : [global]
}
