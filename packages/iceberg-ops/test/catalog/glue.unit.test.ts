import * as sdk from '@aws-sdk/client-glue'
import { describe, expect, it } from 'vitest'
import { askGlue } from '../../src/catalog/glue.js'

const subject = { database: 'web', name: 'clicks', catalogId: '123456789012', endpoint: undefined }
const location = 's3://bucket/web/clicks/metadata/00003-x.metadata.json'

function ask(answer: () => unknown) {
  const inputs: unknown[] = []
  const client = {
    config: { region: async () => 'eu-west-1' },
    send: async (command: { input: unknown }) => {
      inputs.push(command.input)
      return answer()
    },
  }
  return { inputs, asking: askGlue(sdk, client as unknown as sdk.GlueClient, subject) }
}

const table = (Parameters: Record<string, string> | undefined) => ({
  Table: {
    Name: 'clicks',
    TableType: 'EXTERNAL_TABLE',
    StorageDescriptor: { Location: 's3://bucket/web/clicks' },
    Parameters,
  },
})

describe('a table in Glue', () => {
  it.each(['ICEBERG', 'iceberg'])('of type %s has its metadata location', async (type) => {
    const { asking, inputs } = ask(() => table({ table_type: type, metadata_location: location }))
    expect(await asking).toEqual({ metadataLocation: location, location: 's3://bucket/web/clicks' })
    expect(inputs).toEqual([{ DatabaseName: 'web', Name: 'clicks', CatalogId: '123456789012' }])
  })

  it.each([
    [undefined, 'its parameter table_type is missing'],
    [{ table_type: 'DELTA' }, 'its parameter table_type is "DELTA"'],
    [{ table_type: 'ICEBERG' }, 'no metadata_location'],
    [{ metadata_location: location }, 'table_type is missing'],
  ])('with parameters %o is no Iceberg table', async (parameters, problem) => {
    await expect(ask(() => table(parameters)).asking).rejects.toMatchObject({
      code: 'TABLE_NOT_ICEBERG',
      message: expect.stringContaining(problem),
    })
  })

  it.each([
    ['EntityNotFoundException', 400, 'TABLE_NOT_FOUND'],
    ['AccessDeniedException', 400, 'AUTHORIZATION_FAILED'],
  ])('that is answered with %s is %s', async (name, httpStatusCode, code) => {
    const { asking } = ask(() => {
      throw Object.assign(new Error('Table clicks'), { name, $metadata: { httpStatusCode } })
    })
    await expect(asking).rejects.toMatchObject({ code, message: expect.stringContaining('web.clicks') })
  })
})
