import * as sdk from '@aws-sdk/client-glue'
import type { Clock } from '@tidewater/core'
import { expect, it } from 'vitest'
import { GlueParameters } from '../../src/athena/glue-parameters.js'

const clock: Clock = { nowMs: () => 0, random: () => 0, sleep: async () => {} }
const table = { database: 'web', name: 'clicks', endpoint: undefined }

/** A table in Glue that takes an update only on the version that it has. */
function glue(
  parameters: Record<string, string>,
  beforeUpdate: (one: { commit(): void }) => void = () => {},
) {
  let version = 1
  let current = { ...parameters }
  const inputs: sdk.UpdateTableCommandInput[] = []
  const commit = () => {
    version += 1
    current = { ...current, metadata_location: `s3://lake/${version}` }
  }
  const client = {
    config: { region: async () => 'eu-central-1' },
    send: async (command: sdk.GetTableCommand | sdk.UpdateTableCommand) => {
      if (command instanceof sdk.GetTableCommand)
        return {
          Table: {
            Name: 'clicks',
            VersionId: String(version),
            Parameters: { ...current },
            CreatedBy: 'x',
            TableType: 'EXTERNAL_TABLE',
          },
        }
      beforeUpdate({ commit })
      inputs.push(command.input)
      if (command.input.VersionId !== String(version))
        throw Object.assign(new Error('changed'), {
          name: 'ConcurrentModificationException',
          $metadata: { httpStatusCode: 400 },
        })
      current = { ...command.input.TableInput?.Parameters }
      version += 1
      return {}
    },
  }
  const drop = () => {
    current = { metadata_location: current.metadata_location ?? '', table_type: 'ICEBERG' }
    version += 1
  }
  return {
    parameters: new GlueParameters(sdk, client as never, table, clock),
    drop,
    commit,
    inputs,
    current: () => current,
  }
}

const others = { owner: 'team-a', classification: 'flows' }
const iceberg = { table_type: 'ICEBERG', metadata_location: 's3://lake/1' }

it('puts back what is gone, on the version that it read, and what UpdateTable takes', async () => {
  const { parameters, drop, inputs, current } = glue({ ...iceberg, ...others })
  const before = await parameters.read(undefined)
  expect(before).toEqual(others)
  drop()
  expect(await parameters.restore(before, undefined)).toEqual(['owner', 'classification'])
  expect(current()).toEqual({ ...iceberg, ...others })
  expect(inputs[0]).toMatchObject({
    VersionId: '2',
    SkipArchive: true,
    TableInput: { Name: 'clicks', TableType: 'EXTERNAL_TABLE' },
  })
  expect(inputs[0]?.TableInput).not.toHaveProperty('CreatedBy')
})

it('never undoes a commit that comes in between', async () => {
  let commits = 3
  const { parameters, drop, current } = glue({ ...iceberg, ...others }, ({ commit }) => {
    if (commits-- > 0) commit()
  })
  const before = await parameters.read(undefined)
  drop()
  await parameters.restore(before, undefined)
  expect(current()).toMatchObject({ ...others, metadata_location: 's3://lake/5' })
})

it('gives up when others write all the time, and writes nothing when nothing is gone', async () => {
  const busy = glue({ ...iceberg, ...others }, ({ commit }) => commit())
  const before = await busy.parameters.read(undefined)
  busy.drop()
  await expect(busy.parameters.restore(before, undefined)).rejects.toMatchObject({
    code: 'MAINTENANCE_FAILED',
    retryable: true,
    details: { parameters: ['owner', 'classification'] },
  })
  const quiet = glue({ ...iceberg, ...others, owner: 'team-b' })
  expect(await quiet.parameters.restore(before, undefined)).toEqual([])
  expect(quiet.inputs).toEqual([])
})
