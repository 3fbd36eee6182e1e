import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { preparePython } from '../../../src/index.js'
import { awsStack } from '../stack-fixture.js'

const { stack, stateFolder } = awsStack()

it('serves boto3 with its waiters, paginators and transfers', async () => {
  const python = await preparePython(join(import.meta.dirname, 'requirements.txt'))
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'drive.py')], {
    // No configuration of this machine's user gets in.
    env: { PATH: process.env.PATH, HOME: stateFolder(), PYTHONDONTWRITEBYTECODE: '1', ...stack().env },
  })
  expect(JSON.parse(stdout)).toEqual({
    objects: { same: true, second: 'PreconditionFailed', presigned: true },
    emr: {
      outcomes: ['complete', ['FAILED', 'Unknown Error.']],
      stdout: 'running once\n',
      cancelled: 'CANCELLED',
      pages: [50, 50, 23],
      listsAll: true,
      listsTheCluster: true,
      unknown: "Cluster id 'j-NONE' is not valid.",
    },
    serverless: { cancelled: 'CANCELLED', mode: 'STREAMING', listed: true, year: true },
    containers: { ended: 'COMPLETED', year: true },
  })
})
