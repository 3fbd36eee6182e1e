import { describe, expect, it } from 'vitest'
import { kafkaArn, parseArn, parseClusterArn } from '../../src/iam/arn.js'
import {
  checkGlueTable,
  parseCatalogArn,
  parseKmsKeyArn,
  parseS3Location,
  parseS3Prefix,
  workgroupArn,
} from '../../src/iam/storage-arn.js'
import { clusterArn, serverlessArn, uuid } from './resources.js'

const invalid = (message: RegExp) =>
  expect.objectContaining({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(/\.$/),
  })

describe('parseClusterArn', () => {
  it('takes a provisioned cluster apart', () => {
    expect(parseClusterArn(clusterArn)).toEqual({
      partition: 'aws',
      region: 'us-east-1',
      accountId: '123456789012',
      clusterName: 'demo',
      clusterUuid: uuid,
      isServerless: false,
    })
  })

  it.each([
    [serverlessArn, true],
    ['arn:aws-cn:kafka:cn-northwest-1:123456789012:cluster/c/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-14', false],
    [
      'arn:aws-us-gov:kafka:us-gov-west-1:123456789012:cluster/c/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d-s3',
      true,
    ],
    ['arn:aws:kafka:us-east-1:123456789012:cluster/local/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d', false],
  ])('accepts %s', (arn, isServerless) => {
    const cluster = parseClusterArn(arn)
    expect(cluster.isServerless).toBe(isServerless)
    expect(kafkaArn(cluster, 'cluster')).toBe(arn)
  })

  it.each([
    ['', /cluster ARN "": expected arn:<partition>/],
    ['demo', /cluster ARN "demo": expected arn:<partition>/],
    [clusterArn.replace('arn:aws:', 'arn:aws-iso:'), /aws, aws-cn, aws-us-gov, got "aws-iso"/],
    [clusterArn.replace(':kafka:', ':kafka-cluster:'), /service kafka, got one of kafka-cluster/],
    [clusterArn.replace('us-east-1', 'us-east'), /a region such as us-east-1, got "us-east"/],
    [clusterArn.replace('us-east-1', 'cn-north-1'), /of partition aws, but cn-north-1 is of aws-cn/],
    [clusterArn.replace('arn:aws:', 'arn:aws-us-gov:'), /us-east-1 is of aws/],
    [clusterArn.replace('123456789012', '12345678901'), /12 digits, got "12345678901"/],
    [clusterArn.replace('123456789012', ''), /12 digits, got ""/],
    [clusterArn.replace('cluster/', 'topic/'), /cluster\/<name>\/<uuid>.*, got "topic/],
    [`${clusterArn}/netflow`, /cluster\/<name>\/<uuid>/],
    [clusterArn.replace(uuid, '*'), /cluster\/<name>\/<uuid>.*, got "cluster\/demo\/\*"/],
    [clusterArn.replace(uuid, uuid.toUpperCase()), /cluster\/<name>\/<uuid>/],
    [`${clusterArn}\n`, /cluster\/<name>\/<uuid>/],
  ])('refuses %j', (arn, message) => {
    expect(() => parseClusterArn(arn)).toThrowError(invalid(message))
  })
})

describe('kafkaArn', () => {
  it.each(['topic', 'group', 'transactional-id'] as const)('makes the ARN of a %s of the cluster', (type) => {
    const arn = kafkaArn(parseClusterArn(clusterArn), type, 'a.b_c-1*')
    expect(arn).toBe(`arn:aws:kafka:us-east-1:123456789012:${type}/demo/${uuid}/a.b_c-1*`)
    expect(parseArn(arn, 'ARN').resource).toBe(`${type}/demo/${uuid}/a.b_c-1*`)
  })
})

describe('parseS3Location', () => {
  it.each([
    ['s3://lake', { bucket: 'lake', key: '' }],
    ['s3://lake/', { bucket: 'lake', key: '' }],
    ['s3a://my.lake-1/a/b=c/', { bucket: 'my.lake-1', key: 'a/b=c' }],
  ])('takes %s apart', (uri, location) => {
    expect(parseS3Location(uri, 'warehouse')).toEqual(location)
  })

  it.each([
    ['/var/warehouse', /warehouse "\/var\/warehouse": expected s3:/],
    ['https://lake.s3.amazonaws.com/a', /expected s3:/],
    ['s3://La_ke/a', /a bucket of 3 to 63/],
    ['s3://ab/a', /a bucket of 3 to 63/],
    ['s3://a..b/a', /a bucket of 3 to 63/],
    ['s3://10.0.0.1/a', /a bucket of 3 to 63/],
    ['s3://lake/a//b', /no empty part/],
    ['s3://lake//', /no empty part|prefix/],
    ['s3://lake/a*', /a prefix of at most 900/],
    ['s3://lake/$' + '{aws:username}', /a prefix of at most 900/],
    ['s3://lake/a b', /a prefix of at most 900/],
  ])('refuses %j', (uri, message) => {
    expect(() => parseS3Prefix(uri, 'warehouse')).toThrowError(invalid(message))
  })

  it('refuses a whole bucket where a folder is meant', () => {
    expect(() => parseS3Prefix('s3://lake/', 'checkpoint')).toThrowError(
      invalid(/checkpoint .*: expected a prefix/),
    )
  })
})

describe('the other ARNs', () => {
  it('refuses a KMS alias, which grants nothing on its key', () => {
    const alias = 'arn:aws:kms:us-east-1:123456789012:alias/lake'
    expect(() => parseKmsKeyArn(alias)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', remedy: expect.stringContaining('alias') }),
    )
  })

  it('accepts a multi-region key', () => {
    const arn = 'arn:aws:kms:us-east-1:123456789012:key/mrk-1a2b3c4d5e6f4a1b8c2d3e4f5a6b7c8d'
    expect(parseKmsKeyArn(arn).region).toBe('us-east-1')
  })

  it('refuses a Glue ARN that is not the catalog', () => {
    const table = 'arn:aws:glue:us-east-1:123456789012:table/db/t'
    expect(() => parseCatalogArn(table)).toThrowError(invalid(/the catalog of an account/))
  })

  it.each([
    [{ database: 'Flows', name: 'netflow' }, /database "Flows"/],
    [{ database: 'flows', name: 'net-flow' }, /table "net-flow"/],
    [{ database: 'flows', name: '*' }, /table "\*"/],
  ])('refuses the table %j', (table, message) => {
    expect(() => checkGlueTable(table)).toThrowError(invalid(message))
  })

  it('refuses a workgroup that is a pattern', () => {
    expect(() => workgroupArn(parseClusterArn(clusterArn), '*')).toThrowError(
      invalid(/Athena workgroup "\*"/),
    )
  })
})
