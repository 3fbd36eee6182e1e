// What the Node clients share: their arguments, the payloads and the counting. Plain JavaScript, so that no compiler is in
// the process whose time and memory are measured.
//   CLIENT.mjs BROKERS TOPIC RECORDS WARM_UP PAYLOADS_FILE [what the client asks for]
import { readFileSync } from 'node:fs'

const [brokers, topic, recordsText, warmUpText, payloadsFile, ...rest] = process.argv.slice(2)
const records = Number(recordsText)
const warmUp = Number(warmUpText)

export { brokers, payloadsFile, records, rest, topic, warmUp }

// What this process prints before it fails is the reason the report gives.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})

/** The encoded records: each a little-endian uint32 with its length, then its bytes. */
export function readPayloads() {
  const file = readFileSync(payloadsFile)
  const payloads = []
  for (let position = 0; position < file.length; ) {
    const end = position + 4 + file.readUInt32LE(position)
    payloads.push(file.subarray(position + 4, end))
    position = end
  }
  return payloads
}

/**
 * Counts from the first record handed over to the last one acknowledged: elapsed time, and user and system time of the
 * whole process (every thread, the collector's and the compiler's among them). The warm-up before it, which connects,
 * compiles and fills caches, is not counted; nor are start and end of the process.
 *
 * @param {(count: number) => Promise<void>} produce resolves when all is acknowledged, else rejects
 */
export async function measure(produce) {
  await produce(warmUp)
  const cpuBefore = process.cpuUsage()
  const startedAtMs = performance.now()
  await produce(records)
  const seconds = (performance.now() - startedAtMs) / 1_000
  const cpu = process.cpuUsage(cpuBefore)
  return { records, seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, peakRssBytes: peakRssBytes() }
}

/** getrusage's figure won't do: across exec it keeps that of the process that started this one. */
export function peakRssBytes() {
  return 1_024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1])
}

/** Batches of `size` payloads handed to `send`, `lanes` of them at a time; `send` resolves when its batch is acknowledged. */
export async function produceInLanes({ count, size, lanes }, send) {
  let next = 0
  const lane = async () => {
    while (next < count) {
      const from = next
      next = Math.min(count, from + size)
      await send(from, next)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** @param {object} result what this client measured */
export function print(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
