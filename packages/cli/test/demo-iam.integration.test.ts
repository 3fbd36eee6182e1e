import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli } from './run-cli.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-demo-iam-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('lands each record exactly once over TLS with IAM, each part under the policy made for it', {
  timeout: 900_000,
}, async () => {
  const json = join(folder, 'iam.json')
  const args = ['--iam', '--records', '5000', '--micro-batches', '2', '--json', json]
  const run = await runCli('demo', ...args, '--state-folder', join(folder, 'iam'))
  expect(run.stderr).toContain('Exactly once: 5,000 records produced')
  expect(run.code).toBe(0)
  expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({ produced: 5_000, landed: 5_000 })
  const decisions = (await readFile(join(folder, 'iam', 'iam', 'decisions.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const authenticated = decisions.filter(
    ({ kind, result }) => kind === 'authentication' && result === 'allowed',
  )
  expect(new Set(authenticated.map(({ principal }) => principal.split('/').at(-1)))).toEqual(
    new Set(['topic-admin', 'producer', 'spark-job']),
  )
  // The Spark job speaks AWS_MSK_IAM through AWS's jar, the others OAUTHBEARER.
  expect(new Set(authenticated.map(({ mechanism }) => mechanism))).toEqual(
    new Set(['AWS_MSK_IAM', 'OAUTHBEARER']),
  )
})
