import { TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import type { FileEntry } from '../../src/metadata/index.js'
import { avroFile } from './avro-file.js'
import { at, entry, entrySchema, listLocation, manifest, manifestList, scan, table } from './table-fixture.js'

const locationOf = (file: FileEntry) => file.location

describe('a manifest that can not be read', () => {
  const good = manifest([entry('good')])
  const whole = manifest(
    Array.from({ length: 9 }, (_, number) => entry(`${number}`)),
    'null',
  )
  const edited = (edit: (bytes: Buffer) => void, codec = 'null') => {
    const bytes = manifest(
      Array.from({ length: 9 }, (_, number) => entry(`${number}`)),
      codec,
    )
    edit(bytes)
    return bytes
  }
  const cases: readonly [string, Buffer | (() => never), string, Record<string, unknown>, number?][] = [
    ['is cut in a block', whole.subarray(0, -20), 'METADATA_CORRUPT', { damage: 'truncated' }, 6],
    [
      'has another sync marker',
      edited((bytes) => bytes.fill(0, bytes.length - 3)),
      'METADATA_CORRUPT',
      { damage: 'sync-marker', block: 2 },
      6,
    ],
    [
      'has a wrong checksum',
      edited((bytes) => bytes.writeUInt8((bytes.at(-17) as number) ^ 1, bytes.length - 17), 'snappy'),
      'METADATA_CORRUPT',
      { damage: 'checksum' },
      6,
    ],
    [
      'has a damaged deflate block',
      edited((bytes) => bytes.fill(0xff, bytes.length - 40, bytes.length - 16), 'deflate'),
      'METADATA_CORRUPT',
      { damage: 'compression', codec: 'deflate' },
      6,
    ],
    ['is no Avro file', Buffer.from('PAR1 and so on'), 'METADATA_CORRUPT', { damage: 'magic' }, 0],
    ['is empty', Buffer.alloc(0), 'METADATA_CORRUPT', { damage: 'truncated', statedBytes: 1 }, 0],
    [
      'has an unknown codec',
      avroFile(entrySchema(), [entry('x')], { codec: 'xz' }),
      'METADATA_UNSUPPORTED',
      { codec: 'xz' },
      0,
    ],
    [
      'has other records',
      avroFile(
        { type: 'record', name: 'r', fields: [{ name: 'status', type: 'int', 'field-id': 0 }] },
        Array.from({ length: 40_000 }, () => ({ status: 1 })),
        // Larger than what is read for the header.
        { codec: 'null', recordsPerBlock: 40_000 },
      ),
      'METADATA_CORRUPT',
      { damage: 'schema', fieldId: 2 },
      0,
    ],
    [
      'is refused',
      () => {
        throw new TidewaterError('AUTHORIZATION_FAILED', 'AccessDenied')
      },
      'AUTHORIZATION_FAILED',
      {},
      0,
    ],
  ]
  it.each(cases)(
    'that %s: it is reported, and the rest is read',
    async (_, bytes, code, details, filesBefore = 0) => {
      const held = table({ bad: bytes, good })
      if (Buffer.isBuffer(bytes))
        held.set(
          listLocation,
          manifestList([
            { location: at('bad'), sizeBytes: 1 },
            { location: at('good'), sizeBytes: good.length },
          ]),
        )
      const { found, report } = await scan(held, locationOf)
      expect(found).toContain('good')
      expect(report).toMatchObject({ complete: false, manifests: 1, files: filesBefore + 1 })
      expect(report.unreadable).toMatchObject([
        { kind: 'manifest', location: at('bad'), filesBefore, error: { code } },
      ])
      const error = report.unreadable[0]?.error
      expect(error?.details).toMatchObject(details)
      if (code.startsWith('METADATA')) expect(error?.message).toMatch(/^s3:\/\/bucket\/metadata\/bad: /)
      if (code.startsWith('METADATA')) expect(error?.remedy).toBeDefined()
    },
  )

  it('that holds a value nested beyond any sense, or partitions that are none', async () => {
    const nested = {
      type: 'record',
      name: 'node',
      fields: [{ name: 'next', type: ['null', 'node'] }],
    }
    const chain = (length: number) => {
      let node: object = { next: null }
      for (let at = 0; at < length; at++) node = { next: node }
      return node
    }
    const chained = { ...entrySchema(), fields: [...entrySchema().fields, { name: 'x', type: nested }] }
    const held = table({
      deep: avroFile(chained, [{ ...entry('x'), x: chain(2_000) }]),
      odd: avroFile(entrySchema([{ name: 'ts_day', type: nested, 'field-id': 1000 }]), [
        entry('x', { partition: { ts_day: { next: null } } }),
      ]),
      good,
    })
    const { report } = await scan(held, locationOf, { concurrency: 1 })
    expect(report.manifests).toBeGreaterThanOrEqual(1)
    expect(report.unreadable.at(-1)).toMatchObject({
      location: at('odd'),
      error: { code: 'METADATA_CORRUPT', details: { damage: 'schema', field: 'ts_day' } },
    })
  })

  it('that ends between two blocks is shorter than its list says', async () => {
    const blockBytes = (whole.length - manifest([], 'null').length) / 3
    const held = table({ bad: whole })
    held.set(at('bad'), whole.subarray(0, whole.length - blockBytes))
    const { report } = await scan(held, locationOf)
    expect(report.unreadable).toMatchObject([
      { error: { code: 'METADATA_CORRUPT', details: { damage: 'truncated', statedBytes: whole.length } } },
    ])
  })

  it('that is gone, encrypted, or of a spec the table does not have', async () => {
    const held = table(
      {
        gone: good,
        secret: good,
        foreign: avroFile(entrySchema(), [entry('x')], { metadata: { 'partition-spec-id': '9' } }),
      },
      { secret: { key_metadata: Buffer.from('key') } },
    )
    held.delete(at('gone'))
    const { report } = await scan(held, locationOf, { concurrency: 1 })
    expect(report.unreadable.map(({ error }) => error.code)).toEqual([
      'METADATA_MISSING',
      'METADATA_UNSUPPORTED',
      'METADATA_CORRUPT',
    ])
  })

  it('has a block larger than allowed', async () => {
    const { report } = await scan(table({ a: manifest([entry('x'.repeat(5_000))]) }), locationOf, {
      maxBlockBytes: 4_096,
    })
    expect(report.unreadable[0]?.error).toMatchObject({
      code: 'METADATA_UNSUPPORTED',
      details: { maxBlockBytes: 4_096 },
    })
  })

  it('is the end when it is the one list of a snapshot', async () => {
    await expect(scan(new Map(), locationOf)).rejects.toMatchObject({
      code: 'METADATA_MISSING',
      details: { location: listLocation },
    })
  })
})
