import { describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../src/storage/index.js'
import { joinLocation } from '../../src/storage/index.js'

const text = (content: string) => new TextEncoder().encode(content)
const said = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

/** What every store does. @param root an empty folder for each call */
export function storeContract(
  name: string,
  start: () => Promise<{ store: ObjectStore; root: string }>,
): void {
  describe(name, () => {
    it('has nothing where nothing was written', async () => {
      const { store, root } = await start()
      const location = joinLocation(root, 'a', 'b.json')
      expect(await store.head(location)).toBeUndefined()
      expect(await store.get(location)).toBeUndefined()
      expect(await locations(store, root)).toEqual([])
      await store.delete(location)
    })

    it('gives back what was written last, whole or in part', async () => {
      const { store, root } = await start()
      const location = joinLocation(root, 'a', 'log.txt')
      expect(await store.put(location, text('first'))).toBe(true)
      const before = await store.head(location)
      expect(await store.put(location, text('0123456789'))).toBe(true)
      const after = await store.head(location)
      expect(after).toMatchObject({ sizeBytes: 10 })
      expect(after?.etag).not.toBe(before?.etag)
      expect(after?.modifiedAtMs).toBeGreaterThan(1_600_000_000_000)
      const part = async (range?: Parameters<ObjectStore['get']>[1]) => {
        const found = await store.get(location, range)
        expect(found?.sizeBytes).toBe(10)
        return said(found?.bytes)
      }
      expect(await part()).toBe('0123456789')
      expect(await part({ range: { start: 2, endExclusive: 4 } })).toBe('23')
      expect(await part({ range: { start: 7 } })).toBe('789')
      expect(await part({ range: { lastBytes: 3 } })).toBe('789')
      expect(await part({ range: { lastBytes: 100 } })).toBe('0123456789')
      expect(await part({ range: { start: 10 } })).toBe('')
    })

    it('reads an empty object, also its end', async () => {
      const { store, root } = await start()
      const location = joinLocation(root, 'empty')
      await store.put(location, text(''))
      expect(said((await store.get(location))?.bytes)).toBe('')
      expect(said((await store.get(location, { range: { lastBytes: 5 } }))?.bytes)).toBe('')
    })

    it('streams an object of any size, from its first byte to its last', async () => {
      const { store, root } = await start()
      for (const sizeBytes of [0, 1, 700_001]) {
        const location = joinLocation(root, `size-${sizeBytes}`)
        const content = Uint8Array.from({ length: sizeBytes }, (_, at) => at % 251)
        await store.put(location, content)
        const opened = await store.open(location)
        expect(opened).toMatchObject({ sizeBytes, etag: (await store.head(location))?.etag })
        const copied: Uint8Array[] = []
        for await (const piece of opened?.pieces ?? []) copied.push(Uint8Array.from(piece))
        expect(Buffer.compare(Buffer.concat(copied), content)).toBe(0)
      }
      expect(await store.open(joinLocation(root, 'absent'))).toBeUndefined()
    })

    it('says that an object was replaced by a shorter one, or deleted, while it was streamed', async () => {
      const { store, root } = await start()
      const location = joinLocation(root, 'changing')
      for (const change of [() => store.put(location, text('x')), () => store.delete(location)]) {
        await store.put(location, text('0123456789'))
        const opened = await store.open(location)
        await change()
        const reading = (async () => {
          for await (const _ of opened?.pieces ?? []);
        })()
        await expect(reading).rejects.toMatchObject({ code: 'STORAGE_FAILED', details: { location } })
      }
    })

    it('lets one of many conditional writers win, and keeps its bytes', async () => {
      const { store, root } = await start()
      const location = joinLocation(root, 'lease')
      const writers = Array.from({ length: 8 }, (_, number) => `writer ${number}`)
      const won = await Promise.all(
        writers.map((writer) => store.put(location, text(writer), { ifAbsent: true })),
      )
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(said((await store.get(location))?.bytes)).toBe(writers[won.indexOf(true)])
      await store.delete(location)
      expect(await store.put(location, text('next'), { ifAbsent: true })).toBe(true)
    })

    it('lists a folder at any depth, in order, and nothing of its neighbours', async () => {
      const { store, root } = await start()
      const names = [
        'in/a.json',
        'in/b-1',
        'in/b.2',
        'in/b/1',
        'in/b/2/3',
        'in/b0',
        'in/é',
        'inner/no',
        'other',
      ]
      for (const name of names) await store.put(joinLocation(root, ...name.split('/')), text(name))
      const expected = names.slice(0, 7).map((name) => joinLocation(root, ...name.split('/')))
      expect(await locations(store, joinLocation(root, 'in'))).toEqual(expected)
      expect(await locations(store, `${joinLocation(root, 'in')}/`)).toEqual(expected)
      for (const location of expected) expect(await store.head(location)).toBeDefined()
      for await (const one of store.list(joinLocation(root, 'in'))) expect(one.sizeBytes).toBeGreaterThan(0)
    })

    it('stops for an abort, and refuses what is no location', async () => {
      const { store, root } = await start()
      const signal = AbortSignal.abort()
      await expect(store.get(joinLocation(root, 'a'), { signal })).rejects.toMatchObject({ code: 'ABORTED' })
      await expect(store.open(joinLocation(root, 'a'), { signal })).rejects.toMatchObject({ code: 'ABORTED' })
      await expect(store.get('relative/path')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    })
  })
}

async function locations(store: ObjectStore, folder: string): Promise<string[]> {
  const found: string[] = []
  for await (const { location } of store.list(folder)) found.push(location)
  return found
}
