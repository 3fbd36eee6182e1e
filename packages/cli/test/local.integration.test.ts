import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './run-cli.js'

describe('tidewater local up --iam', () => {
  let folder: string
  let state: string[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidewater-cli-local-'))
    state = ['--state-folder', folder]
  })
  afterAll(async () => {
    await runCli('local', 'down', ...state)
    await rm(folder, { recursive: true, force: true })
  })

  it('prints one document that holds what a client needs, and the same again while it runs', async () => {
    const up = [
      'local',
      'up',
      '--iam',
      '--region',
      'eu-west-1',
      '--session-seconds',
      '20',
      ...state,
      '--json',
    ]
    const first = await runCli(...up)
    expect(first).toMatchObject({ code: 0 })
    const document = JSON.parse(first.stdout)
    expect(document).toMatchObject({
      wasRunning: false,
      iam: {
        bootstrapBrokers: expect.stringMatching(/^localhost:\d+$/),
        caFile: join(folder, 'iam', 'certificates', 'ca.pem'),
        region: 'eu-west-1',
        accessKeyId: expect.stringMatching(/^AKIA/),
        secretAccessKey: expect.any(String),
      },
    })
    const { secretAccessKey, ...shown } = document.iam
    expect(first.stderr).not.toContain(secretAccessKey)
    expect(JSON.parse(await readFile(join(folder, 'iam', 'iam.json'), 'utf8'))).toMatchObject({
      sessionSeconds: 20,
    })
    expect(JSON.parse((await runCli(...up)).stdout)).toEqual({ ...document, wasRunning: true })

    const status = await runCli('local', 'status', ...state, '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'running', iam: shown })
    expect(status.stdout).not.toContain(secretAccessKey)
    expect(await readFile(shown.credentialsFile, 'utf8')).toContain(secretAccessKey)

    const human = await runCli('local', 'up', ...state)
    expect(human.stdout).toContain(`export AWS_SHARED_CREDENTIALS_FILE=${shown.credentialsFile}`)
    expect(human.stdout + human.stderr).not.toContain(secretAccessKey)
  })

  it('is stopped like any other stack', async () => {
    expect(await runCli('local', 'down', ...state, '--remove-state')).toMatchObject({ code: 0 })
    const status = await runCli('local', 'status', ...state, '--json')
    expect(JSON.parse(status.stdout)).toEqual({ state: 'stopped', stateFolder: folder })
  })
})
