import { readdirSync, readFileSync } from 'node:fs'
import { avroSchema, TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import { defineJob, type JobSourceAuth, jobTables, validateJob } from '../src/index.js'

// The same documents go through fastjsonschema in spark/tests.
const documents = new URL('../../../spark/tests/documents/', import.meta.url)

function fixtures(kind: 'valid' | 'invalid'): [string, { path: string; document: unknown }][] {
  const names = readdirSync(new URL(kind, documents)).filter((name) => name.startsWith('job-'))
  return names.map((name) => [name, JSON.parse(readFileSync(new URL(`${kind}/${name}`, documents), 'utf8'))])
}

describe('validateJob', () => {
  it.each(fixtures('valid'))('accepts %s', (_, document) => {
    expect(() => validateJob('document' in document ? document.document : document)).not.toThrow()
  })

  it.each(fixtures('invalid'))('refuses %s and names the place', (_, { path, document }) => {
    let thrown: unknown
    try {
      validateJob(document)
    } catch (error) {
      thrown = error
    }
    expect(TidewaterError.isInstance(thrown)).toBe(true)
    const { code, details } = thrown as TidewaterError
    expect(code).toBe('JOB_INVALID')
    const named = (details.problems as { path: string }[]).map((problem) => problem.path)
    expect(named.filter((place) => isSamePlace(place, path))).not.toEqual([])
  })
})

describe('defineJob', () => {
  const schema = avroSchema({ type: 'record', name: 'click', fields: [{ name: 'user', type: 'string' }] })
  const definition = {
    name: 'clicks',
    schema,
    source: { bootstrapBrokers: '127.0.0.1:9092', topic: 'clicks', auth: { type: 'none' } },
    table: { catalog: { name: 'local', type: 'hadoop', warehouse: '/w' }, namespace: 'web', name: 'clicks' },
    trigger: { type: 'availableNow' },
    checkpointLocation: '/c',
  } as const

  it('puts the Avro schema and the defaults into the document', () => {
    expect(defineJob(definition)).toMatchObject({
      version: 1,
      source: { startingOffsets: 'earliest', failOnDataLoss: true },
      decoding: { schema: schema.definition, framing: 'none', onDecodeError: 'dead-letter' },
      table: { kafkaMetadataColumns: true, distributionMode: 'none', fanout: true },
    })
  })

  it('fills in what depends on other fields', () => {
    const job = defineJob({ ...definition, trigger: { type: 'processingTime' } })
    expect(job.trigger).toEqual({ type: 'processingTime', intervalSeconds: 60 })
    expect(job.decoding.deadLetterTable).toEqual({ namespace: 'web', name: 'clicks_dead_letters' })
    expect(jobTables(job).deadLetterTable).toEqual({
      catalog: 'local',
      namespace: 'web',
      name: 'clicks_dead_letters',
    })
    const failing = defineJob({ ...definition, decoding: { onDecodeError: 'fail' } })
    expect(failing.decoding.deadLetterTable).toBeUndefined()
    expect(jobTables(failing).deadLetterTable).toBeUndefined()
  })

  it('takes MSK with IAM, and refuses what names no role or two identities', () => {
    const on = (auth: JobSourceAuth) => () =>
      defineJob({ ...definition, source: { bootstrapBrokers: '127.0.0.1:9098', topic: 'clicks', auth } })
    const roleArn = 'arn:aws:iam::123456789012:role/reader'
    const trustStore = { type: 'PKCS12', location: '/trust.p12', passwordFile: '/password' } as const
    const auth = {
      type: 'mskIam',
      region: 'us-east-1',
      roleArn,
      roleSessionName: 'clicks',
      trustStore,
    } as const
    expect(on(auth)().source.auth).toEqual(auth)
    expect(on({ type: 'mskIam' })().source.auth).toEqual({ type: 'mskIam' })
    expect(on({ type: 'mskIam', roleSessionName: 'clicks' })).toThrowError(/roleArn.*roleSessionName/)
    expect(on({ type: 'mskIam', roleArn, profile: 'dev' })).toThrowError('/source/auth/roleArn')
  })

  it('refuses a wrong field', () => {
    expect(() => defineJob({ ...definition, name: 'two words' })).toThrowError(
      expect.objectContaining({ code: 'JOB_INVALID', message: expect.stringContaining('/name') }),
    )
  })
})

// A missing or unknown field is named by itself here and by its object in Python; a value that fits none of several
// forms is named as a whole here.
function isSamePlace(named: string, path: string): boolean {
  const parent = (place: string) => place.slice(0, place.lastIndexOf('/'))
  return named === path || parent(named) === path || named === parent(path)
}
