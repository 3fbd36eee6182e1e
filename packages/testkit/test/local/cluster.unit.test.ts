import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { brokerFolder, brokerPaths } from '../../src/local/broker-files.js'
import { requireReadable } from '../../src/local/cluster.js'

async function stateFolderWith(
  files: readonly ('metaProperties' | 'bootstrapCheckpoint')[],
): Promise<string> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'tidewater-release-'))
  onTestFinished(() => rm(stateFolder, { recursive: true, force: true }))
  const paths = brokerPaths(brokerFolder(stateFolder, 1))
  await mkdir(paths.dataFolder, { recursive: true })
  for (const file of files) await writeFile(paths[file], '')
  return stateFolder
}

test('what a newer release has formatted is refused by an older one, naming both', async () => {
  const stateFolder = await stateFolderWith(['bootstrapCheckpoint', 'metaProperties'])
  expect(() => requireReadable(stateFolder, '3.9')).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: `${stateFolder} holds data that Kafka 4.1 has formatted, which Kafka 3.9 can't read`,
      remedy: expect.stringContaining("kafkaVersion: '4.1'"),
    }),
  )
  expect(() => requireReadable(stateFolder, '4.1')).not.toThrow()
})

test.each([
  ['the older release has formatted', ['metaProperties'] as const],
  ['is not formatted to the end', ['bootstrapCheckpoint'] as const],
  ['is new', []],
])('what %s, each release takes', async (_, files) => {
  const stateFolder = await stateFolderWith(files)
  for (const release of ['3.9', '4.1'] as const)
    expect(() => requireReadable(stateFolder, release)).not.toThrow()
})
