import { TidewaterError } from '@tidewater/core'
import { FlowClock } from './flow-clock.js'
import { SeededRandom } from './random.js'

export interface NetflowRecord {
  event_type: string
  peer_ip_src: string
  ip_src: string
  ip_dst: string
  port_src: number
  port_dst: number
  tcp_flags: number
  ip_proto: string
  timestamp_start: string
  timestamp_end: string
  timestamp_arrival: string
  /** Counts up by one per record: with `writer_id` it names a record. */
  export_proto_seqno: number
  export_proto_version: number
  packets: number
  flows: number
  bytes: number
  writer_id: string
}

export interface NetflowGeneratorOptions {
  /** The same seed, writer and start give the same records. An unsigned 32-bit integer. */
  readonly seed: number
  /** Who exports the flows; give every producer its own. */
  readonly writerId: string
  /** Arrival time of the first record, milliseconds since the epoch. */
  readonly startTimeMs: number
  /** `export_proto_seqno` of the first record. Default 1. */
  readonly firstSequenceNumber?: number
  /** How far apart records arrive, in their timestamps. Default 10 µs: 100,000 records a second. */
  readonly intervalMicros?: number
}

export interface NetflowGenerator {
  /** A new record object each time. */
  next(): NetflowRecord
  /** `export_proto_seqno` of the record `next` returns next. */
  readonly nextSequenceNumber: number
}

const wellKnownPorts = [
  443, 443, 443, 443, 80, 80, 53, 53, 53, 22, 123, 3306, 5432, 6379, 8080, 9092,
] as const
const tcpFlags = [16, 16, 24, 24, 24, 2, 18, 17, 25, 27, 4, 20] as const
/** Powers of two, so that random bits index them without a division. */
const hostCount = 4096
const routerCount = 16

/** NetFlow records like those a router exports: mostly web traffic over TCP, about 156 bytes each when encoded. */
export function netflowGenerator(options: NetflowGeneratorOptions): NetflowGenerator {
  const { seed, writerId, startTimeMs, firstSequenceNumber = 1, intervalMicros = 10 } = options
  requireWhole('seed', seed, 0, 0xffffffff)
  requireWhole('startTimeMs', startTimeMs, 0, 8_000_000_000_000)
  requireWhole('firstSequenceNumber', firstSequenceNumber, 0, Number.MAX_SAFE_INTEGER)
  requireWhole('intervalMicros', intervalMicros, 0, 1_000_000)
  const random = new SeededRandom(seed)
  const inside = addresses(random, hostCount, 10)
  const outside = addresses(random, hostCount)
  const routers = Array.from({ length: routerCount }, (_, number) => `10.0.0.${1 + number}`)
  const clock = new FlowClock(startTimeMs, intervalMicros)
  let sequenceNumber = firstSequenceNumber

  return {
    get nextSequenceNumber() {
      return sequenceNumber
    },
    next() {
      const hosts = random.next()
      const traffic = random.next()
      const isTcp = (traffic & 0xf) < 12
      const outgoing = (hosts & 0x10) === 0
      const local = inside[(hosts >>> 5) & (hostCount - 1)] as string
      const remote = outside[(hosts >>> 17) & (hostCount - 1)] as string
      const servicePort = wellKnownPorts[(hosts >>> 1) & 0xf & ~(isTcp ? 0 : 0x8)] as number
      const clientPort = 32_768 + ((traffic >>> 4) & 0x6fff)
      // Few flows carry most packets: a product of two small draws has that shape.
      const packets = 1 + ((traffic >>> 20) & 0x1f) * ((traffic >>> 25) & 0xf)
      const arrival = clock.next()
      return {
        event_type: 'purge',
        peer_ip_src: routers[traffic >>> 28] as string,
        ip_src: outgoing ? local : remote,
        ip_dst: outgoing ? remote : local,
        port_src: outgoing ? clientPort : servicePort,
        port_dst: outgoing ? servicePort : clientPort,
        tcp_flags: isTcp ? (tcpFlags[(traffic >>> 16) % 12] as number) : 0,
        ip_proto: isTcp ? 'tcp' : 'udp',
        timestamp_start: clock.before(arrival, 1 + ((traffic >>> 8) & 0x1f)),
        timestamp_end: clock.before(arrival, 1),
        timestamp_arrival: clock.format(arrival),
        export_proto_seqno: sequenceNumber++,
        export_proto_version: 10,
        packets,
        flows: 1,
        bytes: packets * (64 + ((hosts >>> 8) & 0x3ff)),
        writer_id: writerId,
      }
    },
  }
}

function addresses(random: SeededRandom, count: number, firstOctet?: number): string[] {
  return Array.from({ length: count }, () => {
    const bits = random.next()
    const first = firstOctet ?? 11 + ((bits >>> 24) % 160)
    return `${first}.${(bits >>> 16) & 0xff}.${(bits >>> 8) & 0xff}.${1 + (bits & 0x7f)}`
  })
}

function requireWhole(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new TidewaterError(
    'CONFIG_INVALID',
    `${name} must be a whole number from ${min} to ${max}, got ${value}`,
    {
      remedy: `Correct ${name}.`,
      details: { [name]: value },
    },
  )
}
