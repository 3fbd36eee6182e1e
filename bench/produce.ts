// Kafka producers side by side: ours and their peers, one broker, the same payloads, a process each, in turns. Each sends a
// warm-up that is not counted, then what is: records per second, and CPU time of the client's whole process per record.
// A first round is discarded, so that the broker is warm; ratios are taken within a round, so that a machine that slows
// down slows both; the median of the rounds counts.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureTopic, kafkaConnection, messageOf, TidewaterError } from '@tidewater/core'
import { kafkajsDriver } from '@tidewater/core/kafkajs'
import { startLocal } from '@tidewater/testkit'
import { figure } from './produce/comparison/figures.js'
import { rotated } from './produce/comparison/rotation.js'
import type { Contender } from './produce/contenders/contender.js'
import { peerContenders } from './produce/contenders/peers.js'
import { tidewaterContenders } from './produce/contenders/tidewater.js'
import { connectCrowd } from './produce/crowd.js'
import { type BenchOptions, readOptions } from './produce/options.js'
import { type Failure, type Outcome, reportOf } from './produce/report.js'
import { cpuMicrosPerRecord, type Measured, recordsPerSecond } from './produce/run.js'
import { describeMachine } from './produce/stage/machine.js'
import { writePayloadFiles } from './produce/stage/payload-files.js'
import { preparePeers } from './produce/stage/peers.js'
import { type Stage, takeTurn } from './produce/stage/turn.js'

const say = (text: string) => process.stderr.write(`${text}\n`)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupted.abort(new TidewaterError('ABORTED', `Interrupted by ${signal}`)))

const everyone = [...tidewaterContenders, ...peerContenders]
const defaults = {
  // More than three seconds' worth for a contender that does two million a second; the others' shares are such that they
  // take about as long.
  records: 6_000_000,
  rounds: 5,
  jsonFile: fileURLToPath(new URL('results/produce.json', import.meta.url)),
}
try {
  const known = [...everyone.map(({ name }) => name), 'crowd']
  const options = readOptions(process.argv.slice(2), known, defaults)
  const outcome = await compare(options)
  const { text, json, svg } = reportOf(outcome)
  console.log(text)
  if (options.jsonFile !== undefined) await write(resolve(options.jsonFile), json, svg)
  if (outcome.failures.length > 0) process.exitCode = 1
} catch (thrown) {
  const error = TidewaterError.isInstance(thrown) ? thrown : undefined
  say(error === undefined ? String((thrown as Error).stack) : [error.message, error.remedy ?? ''].join('\n'))
  process.exitCode = interrupted.signal.aborted ? 130 : error?.code === 'USAGE' ? 2 : 1
}

async function compare({ records, rounds, only }: BenchOptions): Promise<Outcome> {
  const isAsked = (name: string) => only === undefined || only.includes(name)
  const contenders = everyone.filter(({ name }) => isAsked(name))
  const work = await mkdtemp(join(tmpdir(), 'tidewater-bench-'))
  const { signal } = interrupted
  try {
    await using stack = await startLocal({
      // The broker is not what is compared.
      brokerHeapMb: 1_024,
      // Each request's permission is checked, as MSK does; a line of log for each is the testkit's own.
      iam: { logAllowedAuthorizations: false },
      onProgress: say,
      signal,
    })
    const admin = await kafkajsDriver.createAdmin(kafkaConnection({ brokers: stack.bootstrapBrokers }))
    try {
      const files = await writePayloadFiles(work)
      const stage: Stage = { stack, admin, files, signal, peers: preparePeers({ work, signal, say }) }
      const { measured, failures } = await playRounds(contenders, { records, rounds }, stage)
      const crowd = isAsked('crowd') ? await admitCrowd(stage) : undefined
      return {
        machine: await describeMachine(),
        setting: { records, rounds, averageBytes: files.averageBytes },
        contenders,
        measured,
        failures,
        crowd,
      }
    } finally {
      await admin.close()
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function playRounds(
  contenders: readonly Contender[],
  { records, rounds }: Pick<BenchOptions, 'records' | 'rounds'>,
  stage: Stage,
) {
  const measured = new Map<string, Measured[]>()
  const failures: Failure[] = []
  for (let round = 0; round <= rounds; round++) {
    for (const contender of rotated(contenders, round, rounds)) {
      const { name } = contender
      if (failures.some((failure) => failure.name === name)) continue
      try {
        const run = await takeTurn(contender, { round, records }, stage)
        const result = { round, run }
        const which = round === 0 ? 'discarded round' : `round ${round} of ${rounds}`
        say(
          `${which}, ${name}: ${figure(recordsPerSecond(result))} records/s, ${figure(cpuMicrosPerRecord(result))} CPU us/record, ${run.seconds.toFixed(1)} s`,
        )
        if (round > 0) measured.set(name, [...(measured.get(name) ?? []), result])
      } catch (thrown) {
        stage.signal.throwIfAborted()
        failures.push({ name, reason: messageOf(thrown) })
        say(`${name} failed: ${messageOf(thrown)}`)
      }
    }
  }
  return { measured, failures }
}

async function admitCrowd({ stack, admin }: Stage) {
  await ensureTopic(admin, { topic: 'crowd', partitions: 3, replicationFactor: 1 })
  return connectCrowd(stack, 'crowd')
}

async function write(jsonFile: string, json: string, svg: string): Promise<void> {
  const svgFile = `${jsonFile.replace(/\.json$/, '')}.svg`
  await mkdir(dirname(jsonFile), { recursive: true })
  await writeFile(jsonFile, json)
  await writeFile(svgFile, svg)
  say(`Written: ${jsonFile}, ${svgFile}`)
}
