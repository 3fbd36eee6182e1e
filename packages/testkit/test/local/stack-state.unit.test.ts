import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '@tidewater/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localStatus, stopLocal } from '../../src/index.js'
import { type ListenerRequest, listenerRequests } from '../../src/local/listeners.js'
import { localStackSchema } from '../../src/local/options.js'
import { findFreePorts, portInUse, requireFreePort, tryPorts } from '../../src/local/ports.js'
import {
  describeStack,
  parseStackRecord,
  recordedBrokers,
  type StackRecord,
  stopTimeoutMsOf,
} from '../../src/local/stack-record.js'
import { readStackRecord, writeStackRecord } from '../../src/local/stack-state.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewater-state-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function record(): StackRecord {
  return {
    version: 1,
    bootstrapBrokers: '127.0.0.1:19092',
    brokerPort: 19092,
    controllerPort: 19093,
    clusterId: 'qg2V099t8Vqn-mVL4BSGjw',
    stateFolder: folder,
    lifetime: 'detached',
    startedAt: '2026-01-02T03:04:05.000Z',
    // This very process, but as if it had started at another time.
    brokerProcess: { pid: process.pid, startedAt: 'another time' },
    brokerLogFile: join(folder, 'broker', 'broker.log'),
    warehouseFolder: join(folder, 'warehouse'),
    stopTimeoutMs: 20_000,
  }
}

test('a record survives its file, and nothing else is left beside it', async () => {
  await writeStackRecord(record())
  expect(await readStackRecord(folder)).toEqual(record())
  expect(await readdir(folder)).toEqual(['stack.json'])
})

test('no record is no error, a broken one is', async () => {
  expect(await readStackRecord(folder)).toBeUndefined()
  expect(await readStackRecord(join(folder, 'absent'))).toBeUndefined()
  await writeFile(join(folder, 'stack.json'), '{"version":')
  await expect(readStackRecord(folder)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await writeFile(join(folder, 'stack.json'), '{"version":2}')
  await expect(readStackRecord(folder)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('version'),
  })
})

test('a record of the first version is read, and one with fields of a later version too', () => {
  const { brokerProcess, stopTimeoutMs: _, ...rest } = record()
  const first = { ...rest, broker: brokerProcess, spark: { driverMemoryMb: 1024, cores: 2 } }
  expect(parseStackRecord(JSON.stringify(first), 'stack.json')).toEqual({ ...rest, brokerProcess })
  const later = { ...record(), schemaRegistry: { port: 8081 } }
  expect(parseStackRecord(JSON.stringify(later), 'stack.json')).toEqual(record())
  expect(() => parseStackRecord(JSON.stringify(rest), 'stack.json')).toThrow('brokerProcess: is missing')
})

test('a stop waits as long as it is told, else as the stack was started with', () => {
  expect(stopTimeoutMsOf({ stopTimeoutMs: 5_000 }, { timeoutMs: 1_000 })).toBe(1_000)
  expect(stopTimeoutMsOf({ stopTimeoutMs: 5_000 }, {})).toBe(5_000)
  expect(stopTimeoutMsOf({}, {})).toBe(20_000)
})

test('a process that only has the recorded pid is neither the stack nor signalled', async () => {
  const signals: string[] = []
  const onSignal = () => signals.push('SIGTERM')
  process.on('SIGTERM', onSignal)
  try {
    await writeStackRecord(record())
    expect(await localStatus(folder)).toEqual({ state: 'stopped', stateFolder: folder })
    expect(await stopLocal(folder)).toEqual({ outcome: 'not-running', stateFolder: folder })
    expect(await readStackRecord(folder)).toBeUndefined()
  } finally {
    process.off('SIGTERM', onSignal)
  }
  expect(signals).toEqual([])
})

test('stopping where nothing was started removes nothing', async () => {
  await writeFile(join(folder, 'precious'), 'x')
  expect(await stopLocal(folder, { removeState: true })).toMatchObject({ outcome: 'not-running' })
  expect(await readdir(folder)).toEqual(['precious'])
})

test('free ports are all different', async () => {
  const ports = await findFreePorts(20)
  expect(new Set(ports).size).toBe(20)
  await expect(requireFreePort(ports[0] ?? 0, 'brokerPort')).resolves.toBeUndefined()
})

test('a port in use is named with its option and what to do', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  try {
    await expect(requireFreePort(port, 'brokerPort')).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `Port ${port} on 127.0.0.1 (brokerPort) is in use`,
      remedy: expect.stringContaining('leave it out for a free port'),
    })
  } finally {
    server.close()
  }
})

function requests(brokerPort: number | undefined, controllerPort: number | undefined) {
  return listenerRequests({ brokerPort, controllerPort })
}

test('ports that were taken meanwhile are replaced, those that were given are not', async () => {
  const tried: number[][] = []
  let next = 1
  const find = async () => [next++, next++]
  const takenUntil = (attempts: number) => async (listeners: readonly ListenerRequest[]) => {
    tried.push(listeners.map(({ port = 0 }) => port))
    if (tried.length < attempts) throw portInUse(1, 'brokerPort', undefined)
    return 'started'
  }
  const given = requests(9000, undefined)
  expect(await tryPorts(given, find, takenUntil(3))).toBe('started')
  expect(tried).toEqual([
    [9000, 2],
    [9000, 4],
    [9000, 6],
  ])
  tried.length = 0
  await expect(tryPorts(given, find, takenUntil(9))).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  expect(tried).toHaveLength(5)
  tried.length = 0
  const both = requests(9000, 9001)
  await expect(tryPorts(both, find, takenUntil(2))).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  expect(tried).toEqual([[9000, 9001]])
})

test('another failure than a taken port is not tried again', async () => {
  const use = () => Promise.reject(new RangeError('no memory'))
  await expect(tryPorts(requests(undefined, undefined), async () => [1, 2], use)).rejects.toThrow('no memory')
})

test.each([
  [{ brokerPort: 70_000 }, 'brokerPort'],
  [{ brokerHeapMb: 16 }, 'brokerHeapMb'],
  [{ spark: { cores: 0 } }, 'spark.cores'],
  [{ brokerPort: 5000, controllerPort: 5000 }, 'controllerPort: must differ from brokerPort'],
  [{ brokerPort: 5000, iam: { port: 5000 } }, 'iam.port: must differ from brokerPort, got 5000'],
  [{ heap: 512 }, 'heap'],
  [{ brokers: 2 }, 'brokers'],
  [{ brokers: 3, iam: true }, 'brokers: must be 1 with iam, got 3'],
  [{ kafkaVersion: '4.1', iam: true }, 'kafkaVersion: must be 3.9 with iam, got "4.1"'],
  [{ proxied: true, iam: true }, 'proxied: must be false with iam, got true'],
])('the options %j are refused', (input, message) => {
  expect(() => parseConfig(localStackSchema, input, 'options')).toThrow(message)
})

test('the defaults', () => {
  expect(parseConfig(localStackSchema, {}, 'options')).toEqual({
    brokers: 1,
    kafkaVersion: '3.9',
    proxied: false,
    brokerHeapMb: 512,
    readyTimeoutMs: 60_000,
    stopTimeoutMs: 20_000,
    spark: { driverMemoryMb: 2_048, cores: 2 },
  })
  expect(parseConfig(localStackSchema, { brokers: 3 }, 'options').brokerHeapMb).toBe(256)
})

test('of three brokers each is recorded, and a record of one says nothing of others', () => {
  const listeners = listenerRequests({ brokers: 3 }).map((request, index) => ({
    ...request,
    port: 20_000 + index,
  }))
  const identity = (pid: number) => ({ pid, startedAt: 'now' })
  const three = describeStack({
    listeners,
    processes: new Map([1, 2, 3].map((id) => [id, identity(100 + id)])),
    clusterId: 'qg2V099t8Vqn-mVL4BSGjw',
    stateFolder: '/state',
    lifetime: 'attached',
    startedAt: '2026-01-02T03:04:05.000Z',
    stopTimeoutMs: 20_000,
    iam: undefined,
  })
  expect(three.bootstrapBrokers).toBe('127.0.0.1:20000,127.0.0.1:20002,127.0.0.1:20004')
  expect(recordedBrokers(parseStackRecord(JSON.stringify(three), 'stack.json'))).toEqual([
    {
      id: 1,
      port: 20_000,
      controllerPort: 20_001,
      process: identity(101),
      logFile: '/state/broker/broker.log',
    },
    {
      id: 2,
      port: 20_002,
      controllerPort: 20_003,
      process: identity(102),
      logFile: '/state/broker-2/broker.log',
    },
    {
      id: 3,
      port: 20_004,
      controllerPort: 20_005,
      process: identity(103),
      logFile: '/state/broker-3/broker.log',
    },
  ])
  expect(recordedBrokers(record())).toHaveLength(1)
})
