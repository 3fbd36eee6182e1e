import type { ObjectStore } from '@tidewater/core/storage'
import { describe, expect, it } from 'vitest'
import { healthFindings, measureTable } from '../../src/index.js'
import {
  type Held,
  manifestList,
  metadataJson,
  objectsIn,
  snapshotId,
  snapshotJson,
} from '../metadata/table-fixture.js'

const folder = 's3://lake/db/t'
const list = `${folder}/metadata/list.avro`
const version = (number: number) => `${folder}/metadata/v${number}.metadata.json`
const source = { type: 'hadoop', warehouse: 's3://lake', namespace: 'db', name: 't' } as const
const metadataOf = (more: Record<string, string> = {}) =>
  Buffer.from(
    metadataJson({ location: `"${folder}"`, snapshots: `[${snapshotJson(snapshotId, list)}]`, ...more }),
  )

const stored = (files: Readonly<Record<string, Buffer>>): Held =>
  new Map([[list, manifestList([])], ...Object.entries(files)])

const measured = (held: Held, location: string) =>
  measureTable('db.t', source, {
    objects: objectsIn(held) as unknown as ObjectStore,
    nowMs: 0,
    alsoIn: { type: 'metadata', location },
  })

describe('a table in two catalogs', () => {
  it('is healthy while both have the same metadata', async () => {
    const { disagreements } = await measured(stored({ [version(1)]: metadataOf() }), version(1))
    expect(disagreements).toEqual([])
  })

  it('is disputed when one is behind: both are named', async () => {
    const held = stored({ [version(1)]: metadataOf(), [version(2)]: metadataOf() })
    const health = await measured(held, version(1))
    expect(health.metadataLocation).toBe(version(2))
    expect(health.disagreements).toEqual([
      { what: 'metadata', measured: version(2), said: version(1), by: version(1) },
    ])
    expect(healthFindings(health)[0]).toMatchObject({ id: 'table.catalogs-disagree', severity: 'error' })
  })

  it('is two tables when the table-uuid or the location is another', async () => {
    const other = 's3://lake/other/metadata/7.metadata.json'
    const held = stored({
      [version(1)]: metadataOf(),
      [other]: metadataOf({
        'table-uuid': '"00000000-0000-4000-8000-000000000000"',
        location: '"s3://lake/other"',
      }),
    })
    expect((await measured(held, other)).disagreements.map(({ what, said }) => [what, said])).toEqual([
      ['uuid', '00000000-0000-4000-8000-000000000000'],
      ['location', 's3://lake/other'],
      ['metadata', other],
    ])
  })

  it('is not disputed by a commit between two looks', async () => {
    const held = stored({ [version(1)]: metadataOf(), [version(2)]: metadataOf() })
    held.set(`${folder}/metadata/version-hint.text`, Buffer.from('1'))
    const objects = objectsIn(held)
    const hidden = new Set([version(2)])
    // The other catalog's answer is there first; the commit shows at the second look.
    const late = {
      ...objects,
      head: async (location: string) => (hidden.has(location) ? undefined : objects.head(location)),
      get: async (location: string) => {
        if (location === version(2)) hidden.delete(location)
        return objects.get(location)
      },
    }
    const health = await measureTable('db.t', source, {
      objects: late as unknown as ObjectStore,
      nowMs: 0,
      alsoIn: { type: 'metadata', location: version(2) },
    })
    expect(health).toMatchObject({ metadataLocation: version(2), disagreements: [] })
  })
})

it.each([
  [{ 'write.metadata.path': 's3://meta/t' }, 0],
  [{}, 1],
])('metadata outside of the location, with properties %j: %i disagreements', async (properties, count) => {
  const held = stored({
    [version(1)]: metadataOf({ location: '"s3a://elsewhere/t"', properties: JSON.stringify(properties) }),
  })
  expect((await measured(held, version(1))).disagreements).toHaveLength(count)
})
