import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type LocalStack, prepareToolchain, startLocal } from '../../src/index.js'
import { launchBroker } from '../../src/local/broker.js'
import { type Listener, listenerRequests } from '../../src/local/listeners.js'
import { requestMetadata } from '../../src/local/metadata-probe.js'
import { findFreePorts } from '../../src/local/ports.js'
import { countRecords, createTopic, readValues, sendValues } from '../kafka-records.js'
import { expectGone } from '../processes.js'

describe('a running stack', () => {
  let stack: LocalStack
  beforeAll(async () => {
    stack = await startLocal()
  })
  afterAll(() => stack.stop())

  test('answers metadata as the only broker of its own cluster', async () => {
    expect(await requestMetadata('127.0.0.1', stack.broker.port)).toEqual({
      clusterId: stack.broker.clusterId,
      controllerId: 1,
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: stack.broker.port }],
    })
    expect(stack.bootstrapBrokers).toBe(`127.0.0.1:${stack.broker.port}`)
  })

  test('takes records and gives them back', async () => {
    await createTopic(stack.bootstrapBrokers, 'there-and-back')
    await sendValues(stack.bootstrapBrokers, 'there-and-back', ['a', 'b', 'c'])
    expect(await readValues(stack.bootstrapBrokers, 'there-and-back', 3)).toEqual(['a', 'b', 'c'])
  })

  test('makes no topic that nobody created', async () => {
    await expect(sendValues(stack.bootstrapBrokers, 'misspelt', ['a'], 1)).rejects.toThrow(
      'does not host this topic-partition',
    )
  })

  test('its state folder is taken: a second stack there is refused', async () => {
    await expect(startLocal({ stateFolder: stack.stateFolder })).rejects.toMatchObject({
      code: 'STACK_ALREADY_RUNNING',
      details: { bootstrapBrokers: stack.bootstrapBrokers },
    })
    expect(stack.broker.isRunning).toBe(true)
  })

  test('its port is taken: the error names port, option and remedy', async () => {
    await expect(startLocal({ brokerPort: stack.broker.port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `Port ${stack.broker.port} on 127.0.0.1 (brokerPort) is in use`,
      remedy: expect.stringContaining(`listens on ${stack.broker.port}`),
    })
  })

  test('keeps acknowledged records through a crash, on the same port', async () => {
    const { bootstrapBrokers, broker } = stack
    await createTopic(bootstrapBrokers, 'through-a-crash')
    const values = Array.from({ length: 500 }, (_, index) => `record ${index}`)
    await sendValues(bootstrapBrokers, 'through-a-crash', values)
    const crashed = broker.pid
    await broker.kill()
    expect(broker.isRunning).toBe(false)
    expect(broker.pid).toBeUndefined()
    await expectGone([crashed])
    await expect(requestMetadata('127.0.0.1', broker.port)).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
    })
    await broker.start()
    expect(broker.pid).not.toBe(crashed)
    expect(await countRecords(bootstrapBrokers, 'through-a-crash')).toBe(500)
    await expect(broker.start()).rejects.toMatchObject({ code: 'STACK_ALREADY_RUNNING' })
  })

  test('a clean stop of the broker and a second one beside it', async () => {
    await stack.broker.stop()
    const [other] = await Promise.all([startLocal({ brokerHeapMb: 256 }), stack.broker.start()])
    try {
      expect(other.bootstrapBrokers).not.toBe(stack.bootstrapBrokers)
      expect(other.broker.clusterId).not.toBe(stack.broker.clusterId)
      await createTopic(other.bootstrapBrokers, 'only-there')
      expect(await countRecords(other.bootstrapBrokers, 'only-there')).toBe(0)
      await expect(countRecords(stack.bootstrapBrokers, 'only-there')).rejects.toThrow()
    } finally {
      await other.stop()
    }
  })

  test('a broker that finds its port taken does not pass for ready because another one answers there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidewater-race-test-'))
    const [controllerPort = 0] = await findFreePorts(1)
    const launch = launchBroker({
      plan: {
        nodeId: 1,
        kafkaVersion: '3.9',
        listeners: listenerRequests({
          brokerPort: stack.broker.port,
          controllerPort,
        }) as Listener[],
        heapMb: 256,
        folder,
        jarsFolder: (await prepareToolchain({ parts: ['kafka'] })).kafkaJarsFolder ?? '',
        jvmOptions: [],
      },
      javaCommand: 'java',
      env: process.env,
      clusterId: 'AAAAAAAAAAAAAAAAAAAAAA',
      awaitedBrokers: 1,
      readyTimeoutMs: 60_000,
    })
    await expect(launch).rejects.toMatchObject({ code: 'PORT_IN_USE', details: { port: stack.broker.port } })
    await rm(folder, { recursive: true })
  })

  test.runIf(process.platform === 'linux')('the broker maps its classes from the archive', async () => {
    expect(await readFile(`/proc/${stack.broker.pid}/maps`, 'utf8')).toMatch(/kafka-classes\/.*\.jsa$/m)
  })

  test('stop leaves no process, no port and no folder, and can be called again', async () => {
    const { pid, port } = stack.broker
    await Promise.all([stack.stop(), stack.stop()])
    await expectGone([pid])
    await expect(requestMetadata('127.0.0.1', port)).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' })
    expect(existsSync(stack.stateFolder)).toBe(false)
    await expect(stack.broker.start()).rejects.toMatchObject({ code: 'STACK_NOT_RUNNING' })
  })
})

describe('a stack that can not start', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidewater-stack-test-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  afterEach(async () => {
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
  })

  test('says which state folder is not writable', async () => {
    await writeFile(join(folder, 'file'), '')
    const stateFolder = join(folder, 'file', 'state')
    await expect(startLocal({ stateFolder })).rejects.toMatchObject({
      code: 'FOLDER_NOT_WRITABLE',
      message: expect.stringContaining(stateFolder),
      details: { folder: stateFolder },
    })
  })

  test('says which cache folder is not writable, before it downloads', async () => {
    await writeFile(join(folder, 'file'), '')
    const env = { ...process.env, TIDEWATER_CACHE_FOLDER: join(folder, 'file', 'cache') }
    await expect(startLocal({ env, stateFolder: join(folder, 'state') })).rejects.toMatchObject({
      code: 'FOLDER_NOT_WRITABLE',
      message: expect.stringContaining(env.TIDEWATER_CACHE_FOLDER),
    })
  })

  test('names Java and Maven at once when both are missing and needed', async () => {
    const env = { PATH: folder, TIDEWATER_CACHE_FOLDER: join(folder, 'cache') }
    const failure = await startLocal({ env }).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({
      code: 'PREREQUISITE_MISSING',
      remedy: 'Install or update Java (JDK), Maven.',
    })
    expect(existsSync(env.TIDEWATER_CACHE_FOLDER)).toBe(false)
  })

  test('needs no Maven when the jars are in the cache', async () => {
    const env = { ...process.env, PATH: folder, JAVA_HOME: '' }
    await expect(startLocal({ env })).rejects.toMatchObject({ remedy: 'Install or update Java (JDK).' })
  })

  test('names a port that is taken for the controller', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      await expect(startLocal({ controllerPort: port })).rejects.toMatchObject({
        code: 'PORT_IN_USE',
        message: `Port ${port} on 127.0.0.1 (controllerPort) is in use`,
      })
    } finally {
      server.close()
    }
  })

  test('tells the end of the log and keeps it', async () => {
    const stateFolder = join(folder, 'state')
    await mkdir(join(stateFolder, 'broker', 'data'), { recursive: true })
    // Another node's data: Kafka refuses it by itself.
    await writeFile(
      join(stateFolder, 'broker', 'data', 'meta.properties'),
      'version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\nnode.id=7\n',
    )
    const failure = await startLocal({ stateFolder, keep: false }).catch((thrown: unknown) => thrown)
    const logFile = join(stateFolder, 'broker', 'broker.log')
    expect(failure).toMatchObject({
      code: 'PROCESS_FAILED',
      message: expect.stringMatching(/Kafka broker ended before it was ready[\s\S]*node id 7 doesn't match/),
      details: { logFile },
    })
    expect(existsSync(logFile)).toBe(true)
  })

  test('an aborted start leaves nothing behind', async () => {
    const stateFolder = join(folder, 'state')
    const controller = new AbortController()
    const start = startLocal({
      stateFolder,
      keep: false,
      signal: controller.signal,
      onProgress: (_, { step, state }) => {
        if (step === 'broker' && state === 'started') controller.abort()
      },
    })
    await expect(start).rejects.toMatchObject({ code: 'ABORTED' })
    expect(await readdir(stateFolder)).toEqual([])
  })
})
