import { TidewaterError } from '@tidewater/core'
import { scopeHeaders } from './emulator.js'

/** What the endpoints themselves do in the local S3. */
export interface LocalObjects {
  /** Makes a bucket; one that is there stays as it is. */
  createBucket(name: string): Promise<void>
  put(bucket: string, key: string, content: Uint8Array): Promise<void>
  has(bucket: string, key: string): Promise<boolean>
}

/** @param url of the emulator, which takes unsigned requests */
export function localObjects(url: string): LocalObjects {
  const put = async (path: string, content?: Uint8Array) => {
    const response = await fetch(`${url}${path}`, {
      method: 'PUT',
      headers: scopeHeaders('s3'),
      ...(content === undefined ? {} : { body: content as Uint8Array<ArrayBuffer> }),
    })
    const text = await response.text()
    if (response.ok || response.status === 409) return
    throw new TidewaterError('PROCESS_FAILED', `The local S3 refuses PUT ${path}: ${response.status} ${text}`)
  }
  const pathOf = (bucket: string, key: string) =>
    `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`
  return {
    createBucket: (name) => put(`/${name}`),
    put: (bucket, key, content) => put(pathOf(bucket, key), content),
    has: async (bucket, key) => {
      const { ok } = await fetch(`${url}${pathOf(bucket, key)}`, {
        method: 'HEAD',
        headers: scopeHeaders('s3'),
      })
      return ok
    },
  }
}
