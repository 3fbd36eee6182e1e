// Reads the metadata of one large table with each contender, in a process of its own, in turns.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { preparePython } from '@tidewater/testkit'
import { writeTable } from './metadata/write-table.js'

//   metadata [--files 1000000] [--partitions 10000] [--rounds 3] [--only tidewater,avsc,pyiceberg]
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000000' },
    partitions: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'tidewater,avsc,pyiceberg' },
  },
})
const files = Number(values.files)
const folder = fileURLToPath(new URL('metadata/contenders/', import.meta.url))

/** What a contender says of itself: it counts files and bytes, which have to agree. */
interface Measured {
  readonly files: number
  readonly bytes: number
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakMb: number
}

const commands: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  tidewater: async () => [process.execPath, join(folder, 'tidewater.mjs')],
  avsc: async () => [process.execPath, join(folder, 'avsc.mjs')],
  pyiceberg: async () => {
    const python = await preparePython(join(folder, 'requirements.txt'), { onProgress: () => undefined })
    return [python, join(folder, 'pyiceberg_files.py')]
  },
}

const work = await mkdtemp(join(tmpdir(), 'tidewater-metadata-bench-'))
try {
  const names = values.only.split(',')
  const manifestBytes = writeTable(work, files, Number(values.partitions))
  console.log(
    `${files} files, ${values.partitions} partitions, ${(manifestBytes / 2 ** 20).toFixed(0)} MiB of manifests; ` +
      `Node ${process.version}, ${cpus().length} cores`,
  )
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const name of names) {
      const command = commands[name]
      if (command === undefined)
        throw new TypeError(`--only names ${name}; known: ${Object.keys(commands).join(', ')}`)
      console.log(`round ${round}  ${name.padEnd(10)} ${rendered(await run(await command()))}`)
    }
  }
} finally {
  await rm(work, { recursive: true, force: true })
}

async function run(command: readonly string[]): Promise<Measured> {
  const [program = '', ...args] = command
  const child = spawn(program, [...args, work], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (text: Buffer) => {
    output += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new TypeError(`${command.join(' ')} ended with ${code}`)
  const measured = JSON.parse(output) as Measured
  if (measured.files !== files) throw new TypeError(`${command.join(' ')} found ${measured.files} files`)
  return measured
}

function rendered({ wallSeconds, cpuSeconds, peakMb }: Measured): string {
  const [wall, cpu] = [wallSeconds, cpuSeconds].map((seconds) => seconds.toFixed(1).padStart(6))
  return `${wall} s  CPU ${cpu} s  peak ${String(Math.round(peakMb)).padStart(5)} MB`
}
