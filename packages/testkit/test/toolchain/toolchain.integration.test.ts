import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareToolchain } from '../../src/index.js'
import { ensureJars } from '../../src/toolchain/jars.js'
import { probePrerequisites } from '../../src/toolchain/prerequisites.mjs'
import { ensurePythonEnvironment } from '../../src/toolchain/python-env.js'
import { resolveToolchainOptions } from '../../src/toolchain/toolchain.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-toolchain-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('everything is in place after one call, and the next one downloads nothing', async () => {
  const toolchain = await prepareToolchain()
  expect(existsSync(toolchain.python ?? '')).toBe(true)
  const kafka = await readdir(toolchain.kafkaJarsFolder ?? '')
  expect(kafka.filter((name) => /^kafka_2\.13-3\.9\.\d+\.jar$/.test(name))).toHaveLength(1)
  expect(kafka.filter((name) => /^slf4j-(reload4j|api)-/.test(name))).toHaveLength(2)
  const messages: string[] = []
  expect(await prepareToolchain({ onProgress: (message) => messages.push(message) })).toEqual(toolchain)
  expect(messages).toEqual([])
})

test("Spark's extra jars repeat nothing that PySpark ships", async () => {
  const { sparkJarsFolder = '', python = '' } = await prepareToolchain({ parts: ['spark'] })
  const extra = (await readdir(sparkJarsFolder)).filter((name) => name.endsWith('.jar')).sort()
  expect(extra).toEqual([
    'commons-pool2-2.11.1.jar',
    'iceberg-spark-runtime-3.5_2.12-1.10.1.jar',
    'kafka-clients-3.4.1.jar',
    'spark-avro_2.12-3.5.7.jar',
    'spark-sql-kafka-0-10_2.12-3.5.7.jar',
    'spark-token-provider-kafka-0-10_2.12-3.5.7.jar',
  ])
  const lib = join(python, '..', '..', 'lib')
  const [version = ''] = await readdir(lib)
  const shipped = await readdir(join(lib, version, 'site-packages', 'pyspark', 'jars'))
  const artifact = (name: string) => name.replace(/-\d[^/]*\.jar$/, '')
  const names = new Set(shipped.map(artifact))
  expect(names.size).toBeGreaterThan(200)
  expect(extra.map(artifact).filter((name) => names.has(name))).toEqual([])
})

// Nothing listens on port 1 of the loopback interface: every download is refused at once.
test('jars that can not be fetched: the error brings what Maven said, and the cache stays clean', async () => {
  await mkdir(join(folder, '.m2'))
  await writeFile(
    join(folder, '.m2', 'settings.xml'),
    '<settings><mirrors><mirror><id>nowhere</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:1/</url></mirror></mirrors></settings>',
  )
  const env = { ...process.env, MAVEN_OPTS: `-Duser.home=${folder}` }
  const options = resolveToolchainOptions({ env, cacheFolder: join(folder, 'cache') })
  await expect(ensureJars('spark-jars', options)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    retryable: true,
    message: expect.stringMatching(/Maven failed[\s\S]*\[ERROR\][\s\S]*127\.0\.0\.1:1/),
  })
  expect(await readdir(join(folder, 'cache', 'jars'))).toEqual([])
})

test('a PySpark that can not be fetched: the error brings what pip said, and the cache stays clean', async () => {
  const env = {
    ...process.env,
    PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
    PIP_RETRIES: '0',
    PIP_FIND_LINKS: '',
    PIP_NO_CACHE_DIR: '1',
  }
  const options = resolveToolchainOptions({ env, cacheFolder: join(folder, 'cache') })
  const { python = {} } = await probePrerequisites(['python'])
  await expect(ensurePythonEnvironment(python, options)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringMatching(/pip failed[\s\S]*pyspark/),
  })
  expect(await readdir(join(folder, 'cache', 'python'))).toEqual([])
})

test('an aborted download stops Maven and leaves nothing', async () => {
  const controller = new AbortController()
  const options = resolveToolchainOptions({
    cacheFolder: join(folder, 'cache'),
    signal: controller.signal,
    onProgress: () => controller.abort(),
  })
  await expect(ensureJars('kafka-broker', options)).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await readdir(join(folder, 'cache', 'jars'))).toEqual([])
})
