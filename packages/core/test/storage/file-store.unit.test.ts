import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createObjectStore, fileStore, parseLocation } from '../../src/storage/index.js'
import { storeContract } from './store-contract.js'

const newFolder = () => mkdtemp(join(tmpdir(), 'tidewater-store-'))

storeContract('files by path', async () => ({ store: fileStore, root: await newFolder() }))
storeContract('files by URI, behind the store for all', async () => ({
  store: createObjectStore(),
  root: pathToFileURL(await newFolder()).href,
}))

describe('a file store', () => {
  it('leaves no unfinished file behind, and a write that failed leaves the old content', async () => {
    const folder = await newFolder()
    await fileStore.put(`${folder}/a`, new Uint8Array([1]))
    await fileStore.put(`${folder}/a`, new Uint8Array([2]), { ifAbsent: true })
    expect(await readdir(folder)).toEqual(['a'])
    expect((await fileStore.get(`${folder}/a`))?.bytes[0]).toBe(1)
    // A file where a folder would have to be.
    await expect(fileStore.put(`${folder}/a/b`, new Uint8Array())).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      details: { location: `${folder}/a/b` },
    })
  })
})

describe('parseLocation', () => {
  it.each([
    ['/var/x', { type: 'file', path: '/var/x' }],
    ['file:/var/x', { type: 'file', path: '/var/x' }],
    ['file:///var/x%20y', { type: 'file', path: '/var/x y' }],
    ['s3://bucket/a//b', { type: 's3', bucket: 'bucket', key: 'a//b' }],
    ['s3a://bucket', { type: 's3', bucket: 'bucket', key: '' }],
    ['s3n://bucket/logs/', { type: 's3', bucket: 'bucket', key: 'logs/' }],
  ])('reads %s', (location, expected) => {
    expect(parseLocation(location)).toEqual(expected)
  })

  it.each(['x', 's3:///key', 'hdfs://h/x', 'file://other-host/x'])('refuses %s', (location) => {
    expect(() => parseLocation(location)).toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})
