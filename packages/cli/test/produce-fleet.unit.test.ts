import type { FleetReport, WorkerReport } from '@tidewater/producer/fleet'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { fleetOptions } from '../src/commands/produce-fleet.js'
import { fleetLine, fleetTable, troubledWorkers } from '../src/produce/fleet-view.js'
import { produceManifest } from '../src/produce/k8s-job.js'
import { parseProduceOptions } from '../src/produce/produce-options.js'
import { buildProgram } from '../src/program.js'
import { startLiveBlock } from '../src/terminal/live-block.js'
import { fakeIo } from './fake-io.js'

const minimal = { topicName: 'Net_Flow.v1', broker: 'b-1:9092,b-2:9092' }
const image = 'registry.example/tidewater:1'
const role = 'arn:aws:iam::123456789012:role/producer'

async function run(...args: string[]): Promise<string> {
  const io = fakeIo()
  await buildProgram(io).parseAsync(['node', 'tidewater', 'produce', ...args])
  return io.out()
}

const base = ['--topic-name', 'Net_Flow.v1', '--broker', 'b-1:9092,b-2:9092']
const manifestOf = async (...args: string[]) =>
  parseAllDocuments(await run(...base, '--manifest', 'k8s', '--image', image, ...args)).map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS()
  })

describe('the Kubernetes manifest', () => {
  test('is an Indexed Job of batch/v1 with a pod per worker, none of which runs twice or as root', async () => {
    const [job, ...others] = await manifestOf('--workers', '100', '--count', '5000')
    expect(others).toEqual([])
    const labels = {
      'app.kubernetes.io/name': 'tidewater',
      'app.kubernetes.io/instance': 'produce-net-flow-v1',
    }
    expect(job).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'produce-net-flow-v1', labels },
      spec: {
        completionMode: 'Indexed',
        completions: 100,
        parallelism: 100,
        backoffLimitPerIndex: 0,
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: 'Never',
            automountServiceAccountToken: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 1000,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [
              {
                name: 'producer',
                image,
                args: expect.arrayContaining(['produce', '--worker-count=100', '--count=5000', '--json']),
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } },
              },
            ],
          },
        },
      },
    })
  })

  test('brings the service account of the role with IAM', async () => {
    const [account, job] = await manifestOf('--workers', '3', '--iam', '--role-arn', role)
    expect(account).toEqual({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'produce-net-flow-v1', annotations: { 'eks.amazonaws.com/role-arn': role } },
    })
    const { spec } = job.spec.template
    expect(spec.serviceAccountName).toBe(account.metadata.name)
    expect(spec.containers[0].args).toContain('--iam')
    expect(spec.containers[0].args.join()).not.toContain('role-arn')
  })

  test.each([
    ['IAM without the role of the pods', ['--iam'], /--iam needs the role/],
    ['a file of this machine', ['--ca-file', 'ca.pem'], /--ca-file names something of this machine/],
    ['more workers than records', ['--workers', '2000'], /at least one for each of the 2000 workers/],
    ['a driver that pods can’t use', ['--driver', 'confluent'], /worker threads/],
  ])('refuses %s', async (_, args, message) => {
    await expect(run(...base, '--manifest', 'k8s', '--image', image, ...args)).rejects.toThrowError(message)
  })

  test('its pods understand their command, and each is one worker of the same fleet', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 50, max: 1_000_000 }),
        fc.option(fc.integer({ min: 1, max: 100_000 })),
        (workers, count, rate) => {
          const ratePerSecond = rate ?? undefined
          const options = parseProduceOptions({
            ...minimal,
            workers,
            count,
            cycle: 2,
            ratePerSecond,
            acks: 'leader',
          })
          const [job] = parseAllDocuments(produceManifest(options, image, 'P')).map((one) => one.toJS())
          const args: string[] = job.spec.template.spec.containers[0].args
          expect(args.shift()).toBe('produce')
          const { workers: count_, ...whole } = fleetOptions(options, 'P', {})
          for (let index = 0; index < job.spec.completions; index++) {
            const pod = podOptions(args)
            const env = { JOB_COMPLETION_INDEX: String(index) }
            expect(fleetOptions(parseProduceOptions(pod), pod.clientId, env)).toEqual({
              ...whole,
              workers: count_,
              workerIndex: index,
            })
          }
        },
      ),
      { numRuns: 20 },
    )
  })
})

/** What the command line makes of a pod's arguments: each but the flags is `--name=value`. */
function podOptions(args: readonly string[]) {
  const entries = args.map((argument) => {
    const [flag, value] = argument.slice(2).split('=') as [string, string | undefined]
    const name = flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
    return [name, value === undefined ? true : /^-?\d+$/.test(value) ? Number(value) : value] as const
  })
  return Object.fromEntries(entries) as Parameters<typeof parseProduceOptions>[0] & { clientId: string }
}

describe('options of many workers', () => {
  test.each([
    ['--duration with --count', { durationMs: 1_000, count: 5 }, /--duration excludes --cycle and --count/],
    ['--workers with --worker-count', { workers: 2, workerCount: 3 }, /--worker-count excludes --workers/],
    ['an index of nothing', { workerIndex: 2 }, /--worker-index does not say of how many/],
    ['a writer for all', { workers: 2, writerId: 'w' }, /--writer-id excludes/],
    ['an image of nothing', { image }, /--manifest and --image need each other/],
    ['another manifest', { manifest: 'helm', image }, /manifest: must be k8s, got "helm"/],
  ])('%s is wrong usage', (_, options, message) => {
    expect(() => parseProduceOptions({ ...minimal, ...options })).toThrowError(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) }),
    )
  })

  test('a worker of many has to know which', () => {
    const options = parseProduceOptions({ ...minimal, workerCount: 3 })
    expect(() => fleetOptions(options, undefined, {})).toThrowError(/which of the workers/)
    expect(fleetOptions(options, undefined, { JOB_COMPLETION_INDEX: '2' }).workerIndex).toBe(2)
    const explicit = parseProduceOptions({ ...minimal, workerCount: 3, workerIndex: 0 })
    expect(fleetOptions(explicit, undefined, { JOB_COMPLETION_INDEX: '2' }).workerIndex).toBe(0)
  })

  test('a dry run names workers, amount and rate, and refuses what can’t run', async () => {
    const args = [...base, '--dry-run', '--workers', '100', '--duration', '60s', '--rate-per-second', '5000']
    expect(await run(...args)).toBe(
      'would produce records for 60.0 s to Net_Flow.v1 at b-1:9092,b-2:9092 from 100 workers with native, at most 5,000 a second\n',
    )
    await expect(run(...base, '--dry-run', '--workers', '7', '--count', '6')).rejects.toThrowError(
      /each of the 7 workers, got 6/,
    )
  })
})

describe('the view of a fleet', () => {
  const worker = {
    clientId: 'Kafka-P101',
    state: 'up',
    restarts: 0,
    errors: {},
    failure: undefined,
  } as WorkerReport
  const report = {
    workersUp: 2,
    plannedRecords: 50_000,
    deliveredRecords: 12_345,
    recordsPerSecond: 9_876.5,
    bytesPerSecond: 1_234_567,
    latency: { samples: 3, p50Ms: 7.34, p99Ms: 215.3 },
    restarts: 1,
    errors: { DELIVERY_TIMEOUT: 4 },
    workers: [
      worker,
      {
        ...worker,
        clientId: 'Kafka-P102',
        deliveredRecords: 5,
        failedRecords: 4,
        uncertainRecords: 0,
        restarts: 1,
      },
    ],
  } as unknown as FleetReport

  test('is one row under a header on a terminal, and one line in a pipe', () => {
    expect(fleetTable(report).split('\n')).toEqual([
      '  workers up  delivered         msg/s  MB/s     p50     p99              errors',
      '  2 of 2      12,345 of 50,000  9,877   1.2  7.3 ms  215 ms  4 DELIVERY_TIMEOUT',
      '',
    ])
    expect(fleetLine(report)).toBe(
      'workers up 2 of 2  delivered 12,345 of 50,000  msg/s 9,877  MB/s 1.2  p50 7.3 ms  p99 215 ms  errors 4 DELIVERY_TIMEOUT',
    )
  })

  test('names the workers that had trouble, and no other', () => {
    expect(troubledWorkers(report)).toMatch(/^ {2}worker .*\n {2}Kafka-P102 +up +5 +4 +0 +1\n$/)
    expect(troubledWorkers({ ...report, workers: [worker] })).toBe('')
  })

  test('is drawn over on a terminal, and taken off at the end', () => {
    const io = fakeIo({ isTty: true })
    const block = startLiveBlock(io)
    block.draw('a\nb\n', 'line')
    block.draw('c\n', 'line')
    block.end()
    expect(io.err()).toBe('a\nb\n\x1b[2A\r\x1b[Jc\n\x1b[1A\r\x1b[J')
  })

  test('is a line every five seconds in a pipe', () => {
    let nowMs = 0
    const io = fakeIo({ now: () => nowMs })
    const block = startLiveBlock(io)
    for (nowMs = 1_000; nowMs <= 12_000; nowMs += 1_000) block.draw('block\n', `at ${nowMs}`)
    block.end()
    expect(io.err()).toBe('at 5000\nat 10000\n')
  })
})
