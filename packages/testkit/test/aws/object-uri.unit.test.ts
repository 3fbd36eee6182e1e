import { expect, it } from 'vitest'
import { parseObjectUri } from '../../src/aws/object-uri.js'

it.each([
  ['s3://bucket', { bucket: 'bucket', prefix: '' }],
  ['s3://bucket/', { bucket: 'bucket', prefix: '' }],
  ['s3a://my.bucket/a/b//', { bucket: 'my.bucket', prefix: 'a/b' }],
  ['s3n://bucket/logs', { bucket: 'bucket', prefix: 'logs' }],
  ['file:///tmp', undefined],
  ['s3://B', undefined],
])('reads %s', (uri, expected) => {
  expect(parseObjectUri(uri)).toEqual(expected)
})
