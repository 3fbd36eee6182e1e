import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openTable } from '../../src/metadata/index.js'
import { metadataJson, objectsIn, snapshotId } from '../metadata/table-fixture.js'

const json = Buffer.from(metadataJson())

describe('a metadata location', () => {
  it('is opened as it stands, also in the root of a bucket', async () => {
    const location = 's3://bucket/metadata/00012-9c12d441.metadata.json'
    const opened = await openTable(
      { type: 'metadata', location },
      { objects: objectsIn(new Map([[location, json]])) },
    )
    expect(opened).toMatchObject({ metadataLocation: location, metadataVersion: 12, config: {} })
    expect(opened.metadata).toMatchObject({ location: 's3://bucket', currentSnapshotId: snapshotId })
  })

  it('is no bare name', async () => {
    const source = { type: 'metadata', location: '' } as const
    await expect(openTable(source, { objects: objectsIn(new Map()) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})

describe('a Hadoop catalog', () => {
  const source = { type: 'hadoop', warehouse: 's3://bucket/wh/', namespace: 'a.b', name: 't' } as const
  const folder = 's3://bucket/wh/a/b/t/metadata'
  const open = (files: Readonly<Record<string, Buffer>>) => {
    const held = new Map(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]))
    return openTable(source, { objects: objectsIn(held) })
  }
  const hint = (text: string) => ({ 'version-hint.text': Buffer.from(text) })

  it.each([
    ['the hint', { ...hint('2\n'), 'v1.metadata.json': json, 'v2.metadata.json': json }, 2],
    [
      'later versions than the hint',
      { ...hint('1'), 'v1.metadata.json': json, 'v2.gz.metadata.json': json, 'v3.metadata.json.gz': json },
      3,
    ],
    [
      'the list when the hint is ahead',
      { ...hint('9'), 'v9-not.json': json, 'v10.metadata.json': json, 'v2.metadata.json': json },
      10,
    ],
    [
      'the list when there is no hint',
      { 'v1.metadata.json': json, '00099-of-another-catalog.metadata.json': json },
      1,
    ],
    ['the list when the hint is no number', { ...hint('v1'), 'v1.metadata.json': json }, 1],
  ])('is read by %s', async (_, files, metadataVersion) => {
    expect(await open(files as Record<string, Buffer>)).toMatchObject({ metadataVersion })
  })

  it('says that there is no table', async () => {
    await expect(open({})).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND', details: { folder } })
  })
})

describe('a REST catalog', () => {
  let server: Server | undefined
  afterEach(() => server?.close())

  type Answers = Readonly<Record<string, readonly [number, string, Readonly<Record<string, string>>?]>>
  const loaded = `{"metadata-location":"s3://bucket/metadata/00007-x.metadata.json","metadata":${metadataJson()},"config":{"s3.region":"eu-west-1"}}`

  async function catalog(answers: Answers) {
    const requests: {
      readonly path: string
      readonly authorization: string | undefined
      readonly body: string
    }[] = []
    const seen = new Map<string, number>()
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      let body = ''
      for await (const piece of request) body += piece
      const path = `${request.method} ${request.url}`
      requests.push({ path, authorization: request.headers.authorization, body })
      const times = seen.get(path) ?? 0
      seen.set(path, times + 1)
      const [status, text, headers = {}] = answers[`${path} #${times + 1}`] ?? answers[path] ?? [404, '{}']
      response.writeHead(status, headers).end(text)
    }
    server = createServer((request, response) => void answer(request, response))
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/catalog/`
    return { uri, requests }
  }

  const options = { objects: objectsIn(new Map()) }
  const source = { type: 'rest', namespace: 'a.b', name: 't/1' } as const

  it('gives its metadata, by the prefix and with the token it asks for', async () => {
    const { uri, requests } = await catalog({
      'POST /catalog/v1/oauth/tokens': [200, '{"access_token":"secret-token","token_type":"bearer"}'],
      'GET /catalog/v1/config?warehouse=lake': [
        200,
        '{"defaults":{"prefix":"p0"},"overrides":{"prefix":"p1/x"}}',
      ],
      'GET /catalog/v1/p1/x/namespaces/a%1Fb/tables/t%2F1': [200, loaded],
    })
    const opened = await openTable(
      { ...source, uri, warehouse: 'lake', prefix: 'mine', oauth2: { credential: 'id:se:cret' } },
      options,
    )
    expect(opened).toMatchObject({
      metadataLocation: 's3://bucket/metadata/00007-x.metadata.json',
      metadataVersion: 7,
      config: { 's3.region': 'eu-west-1' },
      metadata: { currentSnapshotId: snapshotId },
    })
    expect(requests.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer secret-token',
      'Bearer secret-token',
    ])
    expect(Object.fromEntries(new URLSearchParams(requests[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'id',
      client_secret: 'se:cret',
      scope: 'catalog',
    })
  })

  it('is asked again when it is busy', async () => {
    const { uri, requests } = await catalog({
      'GET /catalog/v1/config #1': [503, 'busy', { 'retry-after': '0' }],
      'GET /catalog/v1/config': [200, '{}'],
      'GET /catalog/v1/namespaces/a%1Fb/tables/t%2F1': [200, loaded],
    })
    await openTable({ ...source, uri, token: 'given' }, options)
    expect(requests).toHaveLength(3)
  })

  const error = (type: string) => `{"error":{"message":"because","type":"${type}","code":0}}`
  it.each([
    [401, error('NotAuthorizedException'), 'AUTHENTICATION_FAILED'],
    [403, error('ForbiddenException'), 'AUTHORIZATION_FAILED'],
    [404, error('NoSuchTableException'), 'TABLE_NOT_FOUND'],
    [404, '<html>', 'CATALOG_REQUEST_FAILED'],
    [419, error('AuthenticationTimeoutException'), 'AUTHENTICATION_FAILED'],
    [200, '<html>', 'METADATA_CORRUPT'],
    [200, '{"metadata":{}}', 'METADATA_CORRUPT'],
  ])('that answers %i %s is %s', async (status, text, code) => {
    const { uri } = await catalog({
      'GET /catalog/v1/config': [200, '{}'],
      'GET /catalog/v1/namespaces/a%1Fb/tables/t%2F1': [status, text],
    })
    await expect(openTable({ ...source, uri }, options)).rejects.toMatchObject({ code })
  })

  it('that is not there, or aborted', async () => {
    const { uri } = await catalog({})
    await new Promise((resolve) => server?.close(resolve))
    const signal = AbortSignal.timeout(50)
    await expect(openTable({ ...source, uri }, { ...options, signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('takes one kind of identity', async () => {
    const both = { ...source, uri: 'http://127.0.0.1:1', token: 'x', oauth2: { credential: 'y' } }
    await expect(openTable(both, options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    const inUrl = { ...source, uri: 'http://user:sesame@127.0.0.1:1' }
    await expect(openTable(inUrl, options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.not.stringContaining('sesame'),
    })
  })
})
