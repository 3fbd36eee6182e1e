import { describe, expect, test } from 'vitest'
import { buildProgram } from '../src/program.js'
import { fakeIo } from './fake-io.js'

const base = ['produce', '--topic-name', 'flows', '--broker', 'b-1:9092']
const variables = { TIDEWATER_REGISTRY_USERNAME: 'me', TIDEWATER_REGISTRY_PASSWORD: 'gehëim' }

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const io = fakeIo()
  await buildProgram({ ...io, env }).parseAsync(['node', 'tidewater', ...base, ...args])
  return io.out()
}

const confluent = ['--registry-url', 'https://registry:8081']
const manifest = ['--manifest', 'k8s', '--image', 'registry.example/tidewater:1', '--workers', '3']

describe('the registry of tidewater produce', () => {
  test.each([
    ['two registries', [...confluent, '--glue-registry', 'flows'], /--registry-url excludes --glue-registry/],
    ['credentials for none', ['--registry-auth'], /Add --registry-url/],
    ['credentials that are not there', [...confluent, '--registry-auth'], /TIDEWATER_REGISTRY_USERNAME/],
    ['credentials of this machine for pods', [...confluent, '--registry-auth', ...manifest], /pods/],
  ])('%s is wrong usage', async (_, args, message) => {
    const env = args.includes('--manifest') ? variables : {}
    const error = await run([...args, '--dry-run'], env).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'USAGE' })
    const { message: text, remedy } = error as { message: string; remedy?: string }
    expect(`${text} ${remedy}`).toMatch(message)
  })

  test.each([['1'], ['4']])('of %s workers shows in the plan, its password does not', async (workers) => {
    const args = [...confluent, '--registry-auth', '--workers', workers, '--dry-run', '--json']
    const plan = await run(args, variables)
    expect(plan).toContain('https://registry:8081')
    expect(plan).not.toContain('gehëim')
  })

  test.each([['1'], ['4']])(
    'with a password in the URL, %s workers are refused without showing it',
    async (workers) => {
      const args = ['--registry-url', 'https://me:geheim@registry:8081', '--workers', workers, '--dry-run']
      const error = await run(args).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
      expect(String(error)).not.toContain('geheim')
    },
  )

  test('goes to the pods of a manifest', async () => {
    expect(await run([...confluent, ...manifest])).toContain('--registry-url=https://registry:8081')
    expect(await run(['--glue-registry', 'flows', ...manifest])).toContain('--glue-registry=flows')
  })
})
