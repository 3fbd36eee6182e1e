import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseDecisions } from '../../../src/local/iam/decisions.js'
import { keytoolCommands, trustStorePassword } from '../../../src/local/iam/keytool-commands.js'
import { writePrivateFile } from '../../../src/local/iam/private-file.js'
import { mustRenew } from '../../../src/local/iam/renewal.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-iam-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test("a private file is its owner's alone, and each writing has a time of its own", async () => {
  const file = join(folder, 'iam.json')
  const times: number[] = []
  for (const text of ['a', 'b', 'c', 'd']) {
    await writePrivateFile(file, text)
    const { mtimeMs, mode } = await stat(file)
    expect(mode & 0o777).toBe(0o600)
    expect(await readFile(file, 'utf8')).toBe(text)
    times.push(Math.round(mtimeMs))
  }
  expect(new Set(times).size).toBe(4)
  expect(await readdir(folder)).toEqual(['iam.json'])
})

test('decisions are read as far as they are written', () => {
  const decision = {
    at: '2026-01-02T03:04:05.678901Z',
    kind: 'authorization',
    principal: 'arn:aws:iam::123456789012:user/local',
    action: 'kafka-cluster:WriteData',
    resource: 'arn:aws:kafka:us-east-1:123456789012:topic/local/x/netflow',
    result: 'denied',
    reason: 'no statement allows it',
  }
  const line = JSON.stringify({ ...decision, requestId: 'later versions may say more' })
  expect(parseDecisions(`${line}\n${line}\n${line.slice(0, 30)}`, 'log')).toMatchObject([decision, decision])
  expect(parseDecisions('', 'log')).toEqual([])
  expect(() => parseDecisions(`${line}\n{"kind":"other"}\n`, 'decisions.jsonl')).toThrow(
    'Line 2 of decisions.jsonl is no decision',
  )
})

test('keytool gets its passwords by the names of variables', () => {
  const commands = keytoolCommands('/state/certificates', 90)
  for (const args of commands) {
    expect(args).not.toContain(trustStorePassword)
    expect(
      args
        .filter((argument) => /pass/i.test(argument))
        .every((one) => /^-\w*pass:env$/.test(one) || /^TIDEWATER_/.test(one)),
    ).toBe(true)
  }
  expect(commands.map(([command]) => command)).toEqual([
    '-genkeypair',
    '-genkeypair',
    '-importkeystore',
    '-exportcert',
    '-importcert',
  ])
  expect(commands[1]).toContain('san=dns:localhost,ip:127.0.0.1')
  expect(commands.slice(0, 2).every((args) => args[args.indexOf('-validity') + 1] === '90')).toBe(true)
})

test.each([
  ['2026-01-02T00:00:00Z', false],
  ['2026-01-01T01:00:01Z', false],
  ['2026-01-01T00:59:59Z', true],
  ['2025-12-31T00:00:00Z', true],
  ['unreadable', true],
])('certificates that end at %s are renewed: %s', (notAfter, expected) => {
  expect(mustRenew(Date.parse(notAfter), Date.parse('2026-01-01T00:00:00Z'))).toBe(expected)
})
