import * as sdk from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../src/storage/index.js'
import { s3Store } from '../../src/storage/s3-store.js'
import { fakeClock } from '../msk/scripted-msk.js'
import { s3Error, s3InMemory } from './s3-in-memory.js'
import { storeContract } from './store-contract.js'

function storeOver(memory: ReturnType<typeof s3InMemory>): ObjectStore {
  return s3Store(sdk, memory.client as unknown as sdk.S3Client, undefined, fakeClock(), {
    stallTimeoutMs: 20,
    firstBytes: 2,
  })
}

async function streamed(store: ObjectStore, location: string): Promise<string> {
  const copied: Uint8Array[] = []
  for await (const piece of (await store.open(location))?.pieces ?? []) copied.push(Uint8Array.from(piece))
  return Buffer.concat(copied).toString()
}

storeContract('S3', async () => ({ store: storeOver(s3InMemory()), root: 's3://bucket/some/root' }))

describe('an S3 store', () => {
  it('tries again what may pass, also when the body broke off', async () => {
    let failures = [s3Error('SlowDown', 503), s3Error('InternalError', 500)]
    const memory = s3InMemory((moment) => {
      const failure = moment === 'before' ? failures.shift() : undefined
      if (failure !== undefined) throw failure
    })
    const store = storeOver(memory)
    await store.put('s3://bucket/a', new Uint8Array([1]))
    expect(memory.operations).toHaveLength(3)
    failures = [Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })]
    expect((await store.get('s3://bucket/a'))?.bytes[0]).toBe(1)
  })

  it('knows its own conditional write when only the answer was lost', async () => {
    let lost = 1
    const memory = s3InMemory((moment, operation) => {
      if (moment === 'after' && operation === 'PutObjectCommand' && lost-- > 0)
        throw s3Error('TimeoutError', 0)
    })
    const store = storeOver(memory)
    expect(await store.put('s3://bucket/lease', new Uint8Array([1]), { ifAbsent: true })).toBe(true)
    lost = 0
    expect(await store.put('s3://bucket/lease', new Uint8Array([2]), { ifAbsent: true })).toBe(false)
    expect(memory.objects.get('lease')?.bytes[0]).toBe(1)
  })

  it('comes again when two conditional writes met', async () => {
    let met = 1
    const memory = s3InMemory((moment) => {
      if (moment === 'before' && met-- > 0) throw s3Error('ConditionalRequestConflict', 409)
    })
    expect(await storeOver(memory).put('s3://bucket/a', new Uint8Array(), { ifAbsent: true })).toBe(true)
  })

  it('says what is refused, and asks no second time', async () => {
    const memory = s3InMemory(() => {
      throw s3Error('AccessDenied', 403)
    })
    await expect(storeOver(memory).get('s3://bucket/a')).rejects.toMatchObject({
      code: 'AUTHORIZATION_FAILED',
      message: 'Reading s3://bucket/a: AccessDenied',
    })
    await expect(storeOver(memory).open('s3://bucket/a')).rejects.toMatchObject({
      code: 'AUTHORIZATION_FAILED',
    })
    expect(memory.operations).toHaveLength(2)
    // An answer to HEAD has no body: the SDK knows its status alone.
    const refused = s3InMemory(() => {
      throw s3Error('403', 403)
    })
    await expect(storeOver(refused).head('s3://bucket/a')).rejects.toMatchObject({
      code: 'AUTHORIZATION_FAILED',
    })
  })

  it('takes up a stream where its body broke off, or stood still', async () => {
    const disturbances = [
      () => undefined,
      () => {
        throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
      },
      () => new Promise<void>(() => undefined),
    ]
    const memory = s3InMemory(undefined, () => disturbances.shift()?.())
    const store = storeOver(memory)
    await store.put('s3://bucket/a', Buffer.from('0123456789'))
    expect(await streamed(store, 's3://bucket/a')).toBe('0123456789')
    expect(memory.operations.filter((name) => name === 'GetObjectCommand')).toHaveLength(4)
  })

  it('gives a stream up that brings nothing, and one that is aborted', async () => {
    const memory = s3InMemory(undefined, () => {
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
    })
    const store = storeOver(memory)
    await store.put('s3://bucket/a', Buffer.from('0123456789'))
    await expect(streamed(store, 's3://bucket/a')).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      retryable: true,
      details: { position: 2, sizeBytes: 10 },
    })
    expect(memory.operations.filter((name) => name === 'GetObjectCommand')).toHaveLength(6)
    const abort = new AbortController()
    const opened = await store.open('s3://bucket/a', { signal: abort.signal })
    abort.abort()
    const reading = (async () => {
      for await (const _ of opened?.pieces ?? []);
    })()
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' })
    // Given up where it was stopped, without another request.
    expect(memory.operations.filter((name) => name === 'GetObjectCommand')).toHaveLength(7)
  })
})
