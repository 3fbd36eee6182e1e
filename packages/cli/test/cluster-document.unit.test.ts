import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addClusterCommands } from '../src/program/cluster.js'
import { fakeIo } from './fake-io.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater cluster-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(content: unknown, ...args: readonly string[]): Promise<string> {
  await writeFile(
    join(folder, 'cluster.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  )
  const io = fakeIo({ cwd: folder })
  const program = new Command('tidewater').exitOverride().configureOutput({ writeErr: io.stderr })
  addClusterCommands(program, io)
  await program.parseAsync(
    ['cluster', ...args, '--region', 'us-east-1', '--endpoint', 'http://127.0.0.1:9'],
    {
      from: 'user',
    },
  )
  return io.out()
}

const small = { kind: 'emr-eks', name: 'pods', eksCluster: 'prod', namespace: 'spark' }

describe('what is refused before anything is asked', () => {
  it.each([
    ['no JSON', '{', ['create', 'cluster.json'], 'USAGE', /Can't read the cluster document/],
    ['no object', [], ['create', 'cluster.json'], 'USAGE', /holds no object/],
    ['an unknown kind', { ...small, kind: 'emr' }, ['create', 'cluster.json'], 'USAGE', /is of kind "emr"/],
    [
      'a wrong field',
      { ...small, namespace: 'A' },
      ['create', 'cluster.json'],
      'CONFIG_INVALID',
      /namespace/,
    ],
    [
      'a misspelt field',
      { ...small, nmespace: 'a' },
      ['create', 'cluster.json'],
      'CONFIG_INVALID',
      /nmespace/,
    ],
    [
      'a wrong MSK definition',
      { name: 'demo' },
      ['create', 'cluster.json'],
      'CONFIG_INVALID',
      /Invalid cluster/,
    ],
    [
      'options beside a document',
      small,
      ['create', 'cluster.json', '--subnets', 'subnet-1', '--tag', 'a=b'],
      'USAGE',
      /--subnets, --tag: a document says that itself/,
    ],
    ['an MSK name without subnets', small, ['create', 'demo'], 'USAGE', /required option '--subnets/],
    ['a name of any kind', small, ['status', 'demo'], 'USAGE', /"demo" may be of any kind/],
    [
      'another kind than the document',
      small,
      ['status', 'cluster.json', '--kind', 'emr-ec2'],
      'USAGE',
      /--kind is emr-ec2, and cluster.json is of kind emr-eks/,
    ],
    ['a document without a name', { kind: 'emr-eks' }, ['status', 'cluster.json'], 'USAGE', /has no name/],
    [
      'the end of an MSK cluster',
      { kind: 'msk', name: 'demo' },
      ['terminate', 'cluster.json'],
      'USAGE',
      /its records would go with it/,
    ],
  ])('%s', async (_, content, args, code, message) => {
    await expect(run(content, ...args)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })
})
