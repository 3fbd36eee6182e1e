import type { DriverName } from '@tidewater/core'
import { clientFile } from '../stage/peers.js'
import { type Contender, pacedRecordsPerSecond, pacedShare } from './contender.js'

interface Variant {
  readonly driver: DriverName
  readonly input: 'bytes' | 'objects'
  readonly acks: 'leader' | 'all'
  readonly share: number
  readonly isPaced?: boolean
}

function tidewater(name: string, variant: Variant, listener?: 'iam'): Contender {
  const { driver, input, acks, share, isPaced = false } = variant
  const says = [
    `createProducer, ${driver} driver`,
    input === 'bytes' ? 'encoded beforehand' : 'from objects',
    acks === 'all' ? 'acks=all idempotent' : 'acks=1',
    ...(listener === 'iam' ? ['TLS+IAM'] : []),
    ...(isPaced ? [`paced at ${pacedRecordsPerSecond}/s`] : []),
  ]
  return {
    name,
    note: says.join(', '),
    isOurs: true,
    share,
    ...(listener === undefined ? {} : { listener }),
    command: async ({ common, files, iam }) => {
      const tls = listener === 'iam' ? { tls: { caFile: iam.caFile } } : {}
      const options = { driver, acks, idempotent: acks === 'all', ...tls }
      const pace = isPaced ? [String(pacedRecordsPerSecond)] : []
      const own = [files.payloads, files.samples, input, JSON.stringify(options), ...pace]
      return {
        program: process.execPath,
        args: [clientFile('node-producer.mjs'), ...common, ...own],
        ...(listener === undefined
          ? {}
          : {
              env: {
                BENCH_REGION: iam.region,
                AWS_ACCESS_KEY_ID: iam.accessKeyId,
                AWS_SECRET_ACCESS_KEY: iam.secretAccessKey,
              },
            }),
      }
    },
  }
}

const native = { driver: 'native', share: 1 } as const
const kafkajs = { driver: 'kafkajs', input: 'objects', acks: 'leader', share: 0.06 } as const
const confluent = { driver: 'confluent', input: 'objects', acks: 'leader', share: 0.15 } as const

export const tidewaterContenders: readonly Contender[] = [
  tidewater('native-bytes-leader', { ...native, input: 'bytes', acks: 'leader' }),
  tidewater('native-bytes', { ...native, input: 'bytes', acks: 'all' }),
  tidewater('native-bytes-iam', { ...native, input: 'bytes', acks: 'all' }, 'iam'),
  tidewater('native-objects-leader', { ...native, share: 0.5, input: 'objects', acks: 'leader' }),
  tidewater('native-objects', { ...native, share: 0.5, input: 'objects', acks: 'all' }),
  tidewater('native-objects-iam', { ...native, share: 0.5, input: 'objects', acks: 'all' }, 'iam'),
  tidewater('tidewater-kafkajs', kafkajs),
  tidewater('tidewater-kafkajs-iam', kafkajs, 'iam'),
  tidewater('tidewater-confluent', confluent),
  tidewater('tidewater-confluent-iam', confluent, 'iam'),
  tidewater('native-latency', {
    driver: 'native',
    input: 'bytes',
    acks: 'leader',
    share: pacedShare,
    isPaced: true,
  }),
]
