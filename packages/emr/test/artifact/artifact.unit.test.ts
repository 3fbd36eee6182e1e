import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore, type ObjectStore } from '@tidewater/core/storage'
import { describe, expect, it } from 'vitest'
import { artifactOf } from '../../src/artifact/artifact.js'
import { publishArtifact } from '../../src/artifact/publish.js'
import { zipOf } from '../../src/artifact/zip.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const files = [
  { name: 'tidewater_spark/maintain.py', bytes: bytes('print("maintain")\n') },
  { name: 'tidewater_spark/kafka_to_iceberg.py', bytes: bytes('print("stream")\n') },
  { name: 'tidewater_spark/__init__.py', bytes: bytes('') },
  { name: 'é.schema.json', bytes: bytes('{}') },
]

describe('zipOf', () => {
  it('makes the same bytes of the same files in any order', () => {
    expect(Buffer.from(zipOf(files))).toEqual(Buffer.from(zipOf([...files].reverse())))
  })
})

describe('artifactOf', () => {
  it('has another hash for another content or name, and the same for another order', () => {
    const { hash } = artifactOf(files)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(artifactOf([...files].reverse()).hash).toBe(hash)
    const [first, ...rest] = files as [(typeof files)[0], ...typeof files]
    expect(artifactOf([{ ...first, bytes: bytes('x') }, ...rest]).hash).not.toBe(hash)
    expect(artifactOf([{ ...first, name: 'x' }, ...rest]).hash).not.toBe(hash)
  })
})

describe('publishArtifact', () => {
  const artifact = artifactOf(files)

  it('brings archive and programs, and the second time nothing', async () => {
    const { store, written } = recorded()
    const staging = await mkdtemp(join(tmpdir(), 'tidewater-artifact-'))
    const published = await publishArtifact(store, staging, artifact)
    expect(written.at(-1)).toMatch(/\/complete\.json$/)
    expect((await store.get(published.archive))?.bytes).toEqual(Buffer.from(zipOf(files)))
    expect(await store.head(published.entries.maintain)).toBeDefined()
    expect(await publishArtifact(store, staging, artifact)).toEqual(published)
    expect(written).toHaveLength(4)
  })

  it('does it all again after an upload that broke off', async () => {
    const { store, written, breakAfter } = recorded()
    const staging = await mkdtemp(join(tmpdir(), 'tidewater-artifact-'))
    breakAfter(2)
    await expect(publishArtifact(store, staging, artifact)).rejects.toThrow('broken off')
    const published = await publishArtifact(store, staging, artifact)
    expect(written.filter((location) => location === published.archive)).toHaveLength(2)
    expect((await store.get(published.entries.kafka_to_iceberg))?.bytes).toEqual(
      Buffer.from('print("stream")\n'),
    )
  })
})

function recorded() {
  const written: string[] = []
  let left = Number.POSITIVE_INFINITY
  const store: ObjectStore = {
    ...fileStore,
    put: async (location, ...rest) => {
      if (left-- === 0) throw new Error('broken off')
      written.push(location)
      return fileStore.put(location, ...rest)
    },
  }
  return {
    store,
    written,
    breakAfter: (puts: number) => {
      left = puts
    },
  }
}
