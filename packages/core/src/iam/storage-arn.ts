import { type ArnScope, formatArn, type Partition, parseArnOf, refuse } from './arn.js'

/** A folder or an object in S3. */
export interface S3Location {
  readonly bucket: string
  /** Key, without `/` at either end; empty for the bucket itself. */
  readonly key: string
}

/** A table in the Glue catalog, by the names Iceberg allows there. */
export interface GlueTable {
  readonly database: string
  readonly name: string
}

const bucketRemedy = 'Give s3://<bucket>/<prefix> with the name of a general purpose bucket.'

/**
 * `s3://bucket/prefix` (or `s3a://`, as Hadoop writes it).
 *
 * @param what the value's role in messages, such as `checkpoint`
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function parseS3Location(text: string, what: string): S3Location {
  const [, bucket, path = ''] = /^s3a?:\/\/([^/]*)(?:\/(.*))?$/s.exec(text) ?? []
  if (bucket === undefined) return refuse(what, text, 's3://<bucket>/<prefix>', bucketRemedy)
  if (!isBucketName(bucket)) {
    const expected = 'a bucket of 3 to 63 lower-case letters, digits, dots and hyphens'
    refuse(what, text, expected, bucketRemedy)
  }
  const key = path.endsWith('/') ? path.slice(0, -1) : path
  if (key === '') return { bucket, key }
  if (key.split('/').includes('')) {
    refuse(what, text, 'no empty part between slashes: S3 would take it for a key of its own', bucketRemedy)
  }
  // IAM reads `*`, `?` and `${…}` in a resource as wildcards and variables.
  if (!/^[A-Za-z0-9!_.'()=+@:,&;~/-]{1,900}$/.test(key)) {
    const expected = "a prefix of at most 900 ASCII letters, digits and !_.'()=+@:,&;~/-"
    refuse(what, text, expected, 'Choose a prefix without wildcards, spaces and quotes.')
  }
  return { bucket, key }
}

/**
 * As {@link parseS3Location}, but never a whole bucket.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function parseS3Prefix(text: string, what: string): S3Location {
  const location = parseS3Location(text, what)
  if (location.key !== '') return location
  return refuse(
    what,
    text,
    'a prefix behind the bucket',
    'Give it a folder of its own: s3://<bucket>/<prefix>.',
  )
}

export function bucketArn(partition: Partition, { bucket }: S3Location): string {
  return `arn:${partition}:s3:::${bucket}`
}

/** The object itself. */
export function objectArn(partition: Partition, location: S3Location): string {
  return `${bucketArn(partition, location)}/${location.key}`
}

/**
 * A folder and what is in it. The folder's own name is part of it because Hadoop's file systems ask for an object of
 * that name before they list.
 */
export function folderArns(partition: Partition, location: S3Location): string[] {
  const arn = objectArn(partition, location)
  return [arn, `${arn}/*`]
}

/** `arn:<partition>:glue:<region>:<account>:catalog`. @throws TidewaterError `CONFIG_INVALID` */
export function parseCatalogArn(text: string): ArnScope {
  const example = 'arn:aws:glue:us-east-1:123456789012:catalog'
  const { partition, region, accountId, resource } = parseArnOf('glue', text, 'catalog ARN', example)
  if (resource !== 'catalog') {
    refuse('catalog ARN', text, 'the catalog of an account', `Give one such as ${example}.`)
  }
  return { partition, region, accountId }
}

/**
 * Letters, digits and underscores, as Iceberg's Glue catalog demands.
 *
 * @throws TidewaterError `CONFIG_INVALID`
 */
export function checkGlueTable({ database, name }: GlueTable): GlueTable {
  const remedy = 'Use lower-case letters, digits and underscores: Iceberg refuses other names in Glue.'
  if (!/^[a-z0-9_]{1,252}$/.test(database)) {
    refuse('database', database, 'at most 252 lower-case letters, digits and underscores', remedy)
  }
  if (!/^[a-z0-9_]{1,255}$/.test(name)) {
    refuse('table', name, 'at most 255 lower-case letters, digits and underscores', remedy)
  }
  return { database, name }
}

/** Glue checks an action on a table against the catalog, the database and the table. */
export function glueArns(scope: ArnScope, tables: readonly GlueTable[]): string[] {
  const arn = (resource: string) => formatArn({ ...scope, service: 'glue', resource })
  return [
    arn('catalog'),
    ...tables.map(({ database }) => arn(`database/${database}`)),
    ...tables.map(({ database, name }) => arn(`table/${database}/${name}`)),
  ]
}

/** @throws TidewaterError `CONFIG_INVALID` */
export function workgroupArn(scope: ArnScope, workgroup: string): string {
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(workgroup)) {
    const expected = 'at most 128 letters, digits, dots, underscores and hyphens'
    refuse('Athena workgroup', workgroup, expected, "Give the workgroup's name, such as primary.")
  }
  return formatArn({ ...scope, service: 'athena', resource: `workgroup/${workgroup}` })
}

/** The ARN of a key. @throws TidewaterError `CONFIG_INVALID`, also for an alias, which grants nothing on the key */
export function parseKmsKeyArn(text: string): ArnScope {
  const example = 'arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d'
  const { partition, region, accountId, resource } = parseArnOf('kms', text, 'KMS key ARN', example)
  if (!/^key\/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(resource)) {
    const remedy = `Give the key's own ARN, such as ${example}: a policy on an alias grants nothing on its key.`
    refuse('KMS key ARN', text, 'key/<id> behind the account', remedy)
  }
  return { partition, region, accountId }
}

// S3 User Guide, "General purpose bucket naming rules".
function isBucketName(text: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text) &&
    !text.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(text)
  )
}
