import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { tableHealth } from '../src/commands/table-health.js'
import { fakeIo } from './fake-io.js'

let warehouse: string
const fileOf = (version: number) => join(warehouse, 'db', 't', 'metadata', `v${version}.metadata.json`)

beforeAll(async () => {
  warehouse = await mkdtemp(join(tmpdir(), 'tidewater-cli-health-'))
  await mkdir(join(warehouse, 'db', 't', 'metadata'), { recursive: true })
  const metadata = {
    'format-version': 2,
    'table-uuid': '9c12d441-03fe-4693-9a96-a0705ddf69c1',
    location: join(warehouse, 'db', 't'),
    'last-sequence-number': 0,
    'last-updated-ms': 0,
    'last-column-id': 0,
    'current-schema-id': 0,
    schemas: [{ type: 'struct', 'schema-id': 0, fields: [] }],
    'default-spec-id': 0,
    'partition-specs': [{ 'spec-id': 0, fields: [] }],
    'default-sort-order-id': 0,
    'sort-orders': [],
  }
  for (const version of [1, 2]) await writeFile(fileOf(version), JSON.stringify(metadata))
})
afterAll(() => rm(warehouse, { recursive: true, force: true }))

async function health(alsoIn?: string) {
  const io = fakeIo({ cwd: warehouse })
  const options = { catalog: 'hadoop', warehouse, markdown: false, json: false, failOn: 'error' } as const
  const isBad = await tableHealth('db.t', { ...options, ...(alsoIn === undefined ? {} : { alsoIn }) }, io)
  return { isBad, out: io.out() }
}

it('compares two catalogs of one table, and names the metadata of both', async () => {
  expect(await health()).toMatchObject({ isBad: false })
  expect(await health('hadoop:.')).toMatchObject({ isBad: false })
  const { isBad, out } = await health('db/t/metadata/v1.metadata.json')
  expect(isBad).toBe(true)
  expect(out).toContain('ERROR table.catalogs-disagree')
  expect(out).toContain(fileOf(1))
  expect(out).toContain(fileOf(2))
})

it('refuses what is no catalog', async () => {
  await expect(health('hive')).rejects.toMatchObject({ code: 'USAGE', message: 'Not a catalog: "hive"' })
})
