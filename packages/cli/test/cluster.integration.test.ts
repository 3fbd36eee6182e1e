import { kafkaService, startAwsEndpoint } from '@tidewater/testkit/aws'
import { Command } from 'commander'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { addClusterCommands } from '../src/program/cluster.js'
import { fakeIo } from './fake-io.js'

const identity = {
  arn: 'arn:aws:iam::123456789012:user/admin',
  accessKeyId: 'AKIATESTADMIN0000000',
  secretAccessKey: 'a-secret-of-the-tests',
}
const subnets = ['--subnets', 'subnet-a,subnet-b,subnet-c']

/** The commands, against a service that the AWS SDK reaches with credentials from the environment. */
async function commands() {
  const endpoint = await startAwsEndpoint({
    services: [
      kafkaService({
        transition: { afterDescribes: 0 },
        bootstrapBrokers: () => ({ bootstrapBrokerStringSaslIam: 'b-1:9098,b-2:9098' }),
      }),
    ],
    identities: [identity],
  })
  vi.stubEnv('AWS_PROFILE', undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', identity.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', identity.secretAccessKey)
  onTestFinished(() => {
    vi.unstubAllEnvs()
    return endpoint.close()
  })
  const run = async (...args: string[]) => {
    const io = fakeIo()
    const program = new Command('tidewater').exitOverride()
    addClusterCommands(program, io)
    const account = ['--endpoint', endpoint.url, '--region', endpoint.region]
    await program.parseAsync(['cluster', ...args, ...account], { from: 'user' })
    return { out: io.out(), err: io.err() }
  }
  const operations = () => endpoint.requests().map(({ operation }) => operation)
  return { run, operations }
}

describe('tidewater cluster', () => {
  it('plans, creates, waits, describes, names brokers and deletes', async () => {
    const { run, operations } = await commands()
    expect((await run('plan', 'demo', ...subnets)).out).toMatch(/^would be: create: .*\n {2}info: .*per hour/)
    expect((await run('create', 'demo', ...subnets, '--dry-run')).out).toMatch(/^would be: create: /)
    expect(operations()).not.toContain('CreateClusterV2')

    const created = await run('create', 'demo', ...subnets, '--wait', '--tag', 'team=flows')
    expect(created.out).toMatch(/^create: /)
    expect(created.out).toMatch(/state +ACTIVE/)
    expect(created.err).toMatch(/Cluster: is ACTIVE/)
    expect((await run('create', 'demo', ...subnets)).out).toMatch(/^none: cluster "demo" is as desired/)

    const described = JSON.parse((await run('describe', 'demo', '--json')).out)
    expect(described).toMatchObject({ name: 'demo', state: 'ACTIVE', brokers: 3, iamAuthentication: true })
    expect(JSON.parse((await run('wait', described.arn, '--json')).out)).toEqual(described)
    const brokers = await run('brokers', 'demo')
    expect(brokers.out).toBe('b-1:9098,b-2:9098\n')
    expect(brokers.err).toContain('BootstrapBrokerStringSaslIam')

    expect((await run('delete', 'demo')).out).toMatch(/^would be: delete: .*\n--confirm demo deletes it\.\n$/)
    await expect(run('delete', 'demo', '--confirm', 'other')).rejects.toMatchObject({ code: 'USAGE' })
    expect(operations()).not.toContain('DeleteCluster')
    const deleted = JSON.parse((await run('delete', described.arn, '--confirm', 'demo', '--json')).out)
    expect(deleted).toMatchObject({ action: 'delete', state: 'DELETING', dryRun: false })
  })

  it('prints one JSON document, with the exact request', async () => {
    const { run } = await commands()
    const plan = JSON.parse((await run('plan', 'demo', ...subnets, '--json')).out)
    expect(plan).toMatchObject({
      action: 'create',
      dryRun: true,
      input: { ClusterName: 'demo', Provisioned: { NumberOfBrokerNodes: 3 } },
    })
    const created = JSON.parse((await run('create', 'demo', ...subnets, '--wait', '--json')).out)
    expect(created).toMatchObject({ action: 'create', dryRun: false, cluster: { state: 'ACTIVE' } })
  })

  it('plans a conflict, and does not carry it out', async () => {
    const { run } = await commands()
    await run('create', 'demo', ...subnets)
    const larger = ['demo', ...subnets, '--brokers-per-zone', '2']
    expect((await run('plan', ...larger)).out).toMatch(/^would be: conflict: its number of brokers is 3, 6/)
    await expect(run('create', ...larger)).rejects.toMatchObject({ code: 'CLUSTER_CONFLICT' })
  })

  it('says when there is no such cluster', async () => {
    const { run } = await commands()
    await expect(run('describe', 'nowhere')).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' })
  })
})
