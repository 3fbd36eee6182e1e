import { describe, expect, it } from 'vitest'
import {
  type ConfluentRegistryOptions,
  confluentRegistry,
  createProducer,
  glueRegistry,
} from '../../src/index.js'
import { readingSchema } from '../producer-under-test.js'

const messageOf = (options: ConfluentRegistryOptions): string => {
  try {
    confluentRegistry(options)
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'CONFIG_INVALID' })
    return JSON.stringify(thrown) + (thrown as Error).message
  }
  return 'accepted'
}

describe('the options of a registry', () => {
  it('take an http address, and never show what may be secret', () => {
    expect(messageOf({ url: 'https://registry.example:8081/apis/ccompat/v7/' })).toBe('accepted')
    for (const url of [
      'registry:8081',
      'ftp://registry',
      'https://me:s3cret@registry',
      'me:s3cret@registry:8081',
    ]) {
      const message = messageOf({ url })
      expect(message).toMatch(/url: must be a URL/)
      expect(message).not.toContain('s3cret')
    }
  })

  it('take one way to authenticate', () => {
    const message = messageOf({
      url: 'http://registry',
      basicAuth: { username: 'me', password: 's3cret' },
      headers: { Authorization: 'Bearer s3cret' },
    })
    expect(message).toMatch(/excludes basicAuth/)
    expect(message).not.toContain('s3cret')
  })

  it("are Glue's own for Glue", () => {
    expect(() => glueRegistry({ registryName: 'tides', region: 'Ireland' })).toThrow(
      /region: must be a region/,
    )
    expect(() => glueRegistry({ registryName: '' })).toThrow(/registryName/)
  })

  it('make something that a producer takes, and nothing else is taken', async () => {
    const options = { brokers: '127.0.0.1:9', topic: 'readings', schema: readingSchema }
    const registry = { url: 'http://registry' } as never
    await expect(createProducer({ ...options, registry })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('registry: must be what confluentRegistry()'),
    })
    const refusing = {
      framing: async () => Promise.reject(new RangeError('asked')),
    }
    await expect(createProducer({ ...options, registry: refusing })).rejects.toThrow('asked')
  })
})
