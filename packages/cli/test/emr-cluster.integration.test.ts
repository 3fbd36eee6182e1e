import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam'
import { type LocalAwsStack, startLocal } from '@tidewater/testkit'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { addClusterCommands } from '../src/program/cluster.js'
import { fakeIo } from './fake-io.js'

let stack: LocalAwsStack
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater cluster-'))
  stack = await startLocal({ aws: { transitionMs: 50 } })
  vi.stubEnv('AWS_PROFILE', undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', stack.aws.credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', stack.aws.credentials.secretAccessKey)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function run(...args: string[]) {
  const io = fakeIo({ cwd: folder })
  const program = new Command('tidewater').exitOverride()
  addClusterCommands(program, io)
  const account = ['--endpoint', stack.aws.endpointUrl, '--region', stack.aws.region]
  await program.parseAsync(['cluster', ...args, ...account], { from: 'user' })
  return { out: io.out(), err: io.err() }
}

async function document(name: string, content: object): Promise<string> {
  await writeFile(join(folder, name), JSON.stringify(content))
  return name
}

const ec2 = {
  kind: 'emr-ec2',
  name: 'flows',
  release: 'emr-7.13.0',
  instanceGroups: [
    { InstanceRole: 'MASTER', InstanceType: 'm6g.xlarge', InstanceCount: 1 },
    { InstanceRole: 'CORE', InstanceType: 'm6g.xlarge', InstanceCount: 2 },
  ],
  subnetIds: ['subnet-0a1b'],
  logLocation: 's3://tidewater/logs/',
  serviceRole: 'EMR_DefaultRole',
  instanceProfile: 'EMR_EC2_DefaultRole',
}

async function createRoles(): Promise<void> {
  const { endpointUrl: endpoint, region, credentials } = stack.aws
  const iam = new IAMClient({ endpoint, region, credentials })
  for (const [RoleName, Service] of [
    ['EMR_DefaultRole', 'elasticmapreduce.amazonaws.com'],
    ['EMR_EC2_DefaultRole', 'ec2.amazonaws.com'],
  ]) {
    const Statement = [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }]
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  }
  const InstanceProfileName = 'EMR_EC2_DefaultRole'
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }))
  await iam.send(
    new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: 'EMR_EC2_DefaultRole' }),
  )
}

describe('tidewater cluster with documents of EMR', () => {
  it('refuses a cluster whose roles are missing, and says so in a dry run too', async () => {
    const path = await document('cluster.json', ec2)
    const { out } = await run('create', path, '--dry-run')
    expect(out).toMatch(/^would be: conflict: the service role EMR_DefaultRole doesn't exist/)
    await expect(run('create', path)).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' })
  })

  it('creates, waits, shows, lists and terminates a cluster of EMR on EC2', async () => {
    await createRoles()
    const path = await document('cluster.json', ec2)
    expect((await run('create', path, '--dry-run')).out).toMatch(
      /^would be: create: .*\nemr-ec2 "flows"\n[\s\S]* step concurrency +10 +a streaming step never ends/,
    )
    expect((await run('list')).out).not.toContain('flows')

    const created = await run('create', path, '--wait')
    expect(created.out).toMatch(/^create: [\s\S]*\nid j-[A-Z0-9]+\n[\s\S]*state +WAITING/)
    expect(created.err).toMatch(/Cluster: is WAITING/)
    const again = JSON.parse((await run('create', path, '--json')).out)
    expect(again).toMatchObject({ action: 'none', dryRun: false, kind: 'emr-ec2', input: { Name: 'flows' } })

    expect((await run('status', path)).out).toMatch(/state +WAITING/)
    const status = JSON.parse((await run('status', again.id, '--json')).out)
    expect(status).toMatchObject({
      kind: 'emr-ec2',
      id: again.id,
      phase: 'ready',
      settings: { release: 'emr-7.13.0' },
    })
    expect((await run('status', 'flows', '--kind', 'emr-ec2')).out).toContain(again.id)
    expect((await run('list')).out).toMatch(new RegExp(`emr-ec2 +flows +${again.id} +WAITING +emr-7.13.0`))

    expect((await run('terminate', path, '--dry-run')).out).toMatch(/^would be: terminate: "flows"/)
    const ended = JSON.parse((await run('terminate', again.id, '--wait', '--json')).out)
    expect(ended).toMatchObject({ action: 'terminate', dryRun: false, cluster: { state: 'TERMINATED' } })
    expect(JSON.parse((await run('list', '--json')).out)).toEqual({ clusters: [] })
  })

  it('has the same commands for applications and virtual clusters', async () => {
    const network = { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] }
    const paths = [
      await document('app.json', { kind: 'emr-serverless', name: 'app', release: 'emr-7.13.0', network }),
      await document('pods.json', { kind: 'emr-eks', name: 'pods', eksCluster: 'prod', namespace: 'spark' }),
    ]
    for (const path of paths) {
      const { cluster } = JSON.parse((await run('create', path, '--wait', '--json')).out)
      expect(JSON.parse((await run('status', path, '--json')).out)).toEqual({
        kind: expect.any(String),
        ...cluster,
      })
    }
    const { clusters } = JSON.parse((await run('list', '--json')).out)
    expect(clusters.map(({ kind, name }: { kind: string; name: string }) => [kind, name])).toEqual([
      ['emr-serverless', 'app'],
      ['emr-eks', 'pods'],
    ])
    const ofEks = JSON.parse((await run('list', '--kind', 'emr-eks', '--json')).out)
    expect(ofEks.clusters).toHaveLength(1)
    for (const path of paths) await run('terminate', path, '--wait')
    expect((await run('list')).out).not.toMatch(/app|pods/)
  })
})
