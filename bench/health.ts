// A table's health by its metadata, beside pyiceberg's list of the same files and avsc's reading of its manifests: each in a
// process of its own, in turn. The table is synthesised: a million data files (--records) in 10,000 partitions, and one of a
// tenth of that, which shows whether memory grows with the files.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TidewaterError } from '@tidewater/core'
import { preparePython } from '@tidewater/testkit'
import { type HealthRun, healthReport } from './health/report.js'
import { synthesizeTable } from './health/table.js'
import { rotated } from './produce/comparison/rotation.js'
import { readOptions } from './produce/options.js'
import { runCommand } from './produce/stage/command.js'
import { describeMachine } from './produce/stage/machine.js'

const partitions = 10_000
const filesPerManifest = 2_000
const names = ['tidewater', 'tidewater-tenth', 'avsc', 'pyiceberg'] as const
const defaults = {
  records: 1_000_000,
  rounds: 3,
  jsonFile: fileURLToPath(new URL('results/health.json', import.meta.url)),
}
const here = (file: string) => fileURLToPath(new URL(`health/${file}`, import.meta.url))
const say = (text: string) => process.stderr.write(`${text}\n`)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupted.abort(new TidewaterError('ABORTED', `Interrupted by ${signal}`)))

try {
  const { records: files, rounds, only, jsonFile } = readOptions(process.argv.slice(2), names, defaults)
  const { signal } = interrupted
  const work = await mkdtemp(join(tmpdir(), 'tidewater-health-'))
  try {
    const tables = {
      whole: await synthesized(join(work, 'whole'), files),
      tenth: await synthesized(join(work, 'tenth'), Math.max(1, Math.round(files / 10))),
    }
    const python =
      only?.includes('pyiceberg') === false
        ? ''
        : await preparePython(here('requirements.txt'), { onProgress: say, signal })
    const commands = {
      tidewater: { program: process.execPath, args: [here('measure.mjs'), tables.whole] },
      'tidewater-tenth': { program: process.execPath, args: [here('measure.mjs'), tables.tenth] },
      avsc: { program: process.execPath, args: [here('avsc_files.mjs'), tables.whole] },
      pyiceberg: { program: python, args: [here('pyiceberg_files.py'), tables.whole] },
    }
    const contenders = names.filter((name) => only === undefined || only.includes(name))
    const runs: HealthRun[] = []
    for (let round = 1; round <= rounds; round++) {
      for (const name of rotated(contenders, round, rounds)) {
        const measured = JSON.parse(await runCommand(commands[name], signal)) as Omit<
          HealthRun,
          'name' | 'round'
        >
        runs.push({ ...measured, name, round })
        say(
          `round ${round} of ${rounds}, ${name}: ${measured.seconds.toFixed(1)} s, ${measured.cpuSeconds.toFixed(1)} s of CPU, ${measured.maxRssMiB.toFixed(0)} MiB`,
        )
      }
    }
    const { text, json } = healthReport(
      await describeMachine(),
      { files, partitions, filesPerManifest, rounds },
      runs,
    )
    console.log(text)
    if (jsonFile !== undefined) {
      await mkdir(dirname(resolve(jsonFile)), { recursive: true })
      await writeFile(resolve(jsonFile), json)
      say(`Written: ${jsonFile}`)
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
} catch (thrown) {
  const error = TidewaterError.isInstance(thrown) ? thrown : undefined
  say(error === undefined ? String((thrown as Error).stack) : [error.message, error.remedy ?? ''].join('\n'))
  process.exitCode = interrupted.signal.aborted ? 130 : error?.code === 'USAGE' ? 2 : 1
}

function synthesized(folder: string, files: number): Promise<string> {
  const shape = { files, partitions, filesPerManifest }
  return synthesizeTable(folder, shape, {
    signal: interrupted.signal,
    onManifest: (written, of) => {
      if (written === of || written % 100 === 0)
        say(`Synthesising ${files} files: manifest ${written} of ${of}`)
    },
  })
}
