import { expect, it } from 'vitest'
import { disagreementsOf } from '../../src/health/disagreements.js'
import { parseTableMetadata } from '../../src/metadata/index.js'
import { metadataJson } from '../metadata/table-fixture.js'

const uuid = '9c12d441-03fe-4693-9a96-a0705ddf69c1'
const metadata = parseTableMetadata(metadataJson({ location: '"s3://lake/t"', 'table-uuid': `"${uuid}"` }))
const pointer = 's3://lake/t/metadata/00003-x.metadata.json'

it.each([
  [{}, []],
  [{ location: 's3a://lake/t/', metadataLocation: pointer, tableUuid: uuid.toUpperCase() }, []],
  [{ location: 's3://lake/t2' }, ['location']],
  [{ location: 's3://lake/t', metadataLocation: 's3://lake/t/metadata/00002-x.metadata.json' }, ['metadata']],
  [{ location: 's3://lake/t', tableUuid: '00000000-0000-4000-8000-000000000000' }, ['uuid']],
])('Glue says %j: %j', (claim, what) => {
  const found = disagreementsOf(metadata, pointer, [{ by: 'Glue', ...claim }])
  expect(found.map((one) => one.what)).toEqual(what)
  for (const one of found) expect(one.by).toBe('Glue')
})

it('a neighbour whose name begins alike is elsewhere', () => {
  const neighbour = 's3://lake/t2/metadata/00003-x.metadata.json'
  expect(disagreementsOf(metadata, neighbour, [])).toMatchObject([{ what: 'location', said: neighbour }])
  expect(disagreementsOf(metadata, undefined, [])).toEqual([])
})
