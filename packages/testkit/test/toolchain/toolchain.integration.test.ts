import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
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
  // Of the AWS SDK, in one version, what aws-msk-iam-auth calls; never its second HTTP client with a netty of its own.
  const ofSdk = extra.filter((name) => /-2\.\d+\.\d+\.jar$/.test(name) && !/^(commons|aws-msk)-/.test(name))
  expect(new Set(ofSdk.map((name) => /-([\d.]+)\.jar$/.exec(name)?.[1])).size).toBe(1)
  expect(ofSdk.filter((name) => name.includes('netty'))).toEqual([])
  expect(extra.filter((name) => !ofSdk.includes(name))).toEqual([
    'aws-msk-iam-auth-2.3.6.jar',
    'commons-pool2-2.11.1.jar',
    'eventstream-1.0.1.jar',
    'iceberg-spark-runtime-3.5_2.12-1.10.1.jar',
    'kafka-clients-3.4.1.jar',
    'reactive-streams-1.0.4.jar',
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
  // PySpark's `annotations` are JetBrains'; the SDK's, in a package of its own, only share the name.
  const repeated = extra.map(artifact).filter((name) => names.has(name))
  expect(
    repeated.filter((name) => !(name === 'annotations' && ofSdk.some((jar) => artifact(jar) === name))),
  ).toEqual([])
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
  await expect(ensureJars('spark', options)).rejects.toMatchObject({
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
  await expect(ensureJars('kafka', options)).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await readdir(join(folder, 'cache', 'jars'))).toEqual([])
})

test.each([
  {
    bundle: 'msk-iam-broker',
    packageFolder: join(import.meta.dirname, '..', '..'),
    module: 'java/msk-iam-broker',
    jarFile: 'msk-iam-broker-0.jar',
    holds: 'tidewater/mskiam/MskIamAuthorizer',
  },
  {
    bundle: 'spark-decoder',
    packageFolder: join(import.meta.dirname, '..', '..', '..', '..', 'spark'),
    module: 'jvm',
    jarFile: 'tidewater-avro-spark-3.5_2.12.jar',
    holds: 'tidewater/avro/AvroRecords',
  },
] as const)(
  '$bundle is built outside of its package, from files that are published with it',
  async ({ bundle, packageFolder, module, jarFile, holds }) => {
    const before = await readdir(join(packageFolder, module))
    const options = resolveToolchainOptions({ cacheFolder: join(folder, 'cache') })
    const jars = await ensureJars(bundle, options)
    expect((await readdir(jars)).sort()).toEqual(['.complete', jarFile])
    expect(await readFile(join(jars, jarFile), 'latin1')).toContain(`${holds}.class`)
    expect(await readdir(join(packageFolder, module))).toEqual(before)
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json'], {
      cwd: packageFolder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const published = JSON.parse(packed)[0].files.map(({ path }: { path: string }) => path)
    const ofModule = published.filter((path: string) => path.startsWith(`${module}/`))
    expect(ofModule).toContain(`${module}/pom.xml`)
    expect(ofModule).toContain(`${module}/src/main/java/${holds}.java`)
    expect(ofModule.filter((path: string) => !/pom\.xml$|\/src\/main\//.test(path))).toEqual([])
  },
)

test('without a compiler the plugin is not tried: the error names javac and what to install', async () => {
  const runtime = join(folder, 'runtime')
  await mkdir(join(runtime, 'bin'), { recursive: true })
  await symlink(commandOnPath('java'), join(runtime, 'bin', 'java'))
  const env = { ...process.env, JAVA_HOME: runtime }
  const prepared = prepareToolchain({ parts: ['msk-iam-broker'], env, cacheFolder: join(folder, 'cache') })
  await expect(prepared).rejects.toMatchObject({
    code: 'PREREQUISITE_MISSING',
    message: expect.stringContaining("a Java runtime alone can't build"),
    remedy: "Install or update Java's compiler (javac).",
  })
  expect(existsSync(join(folder, 'cache'))).toBe(false)
})

function commandOnPath(name: string): string {
  const { JAVA_HOME, PATH = '' } = process.env
  const folders = JAVA_HOME ? [join(JAVA_HOME, 'bin')] : PATH.split(delimiter)
  const found = folders.map((one) => join(one, name)).find((file) => existsSync(file))
  if (found === undefined) throw new TypeError(`there is no ${name}`)
  return found
}
