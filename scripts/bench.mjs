// npm run bench -- NAME [options]: sets everything up, then runs bench/NAME.ts. Results are for reading, never for a test.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureConfluentDriver } from './confluent-driver.mjs'
import { setUp } from './setup.mjs'
import { repositoryFolder, runAttached, runMain, StepError } from './step.mjs'

await runMain(async () => {
  const folder = join(repositoryFolder, 'bench')
  const known = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -3))
  const [name, ...options] = process.argv.slice(2)
  if (name === undefined || !known.includes(name)) {
    throw new StepError(
      `Name a benchmark: ${known.join(', ')}. Example: npm run bench -- ${known[0]} --records 100000`,
    )
  }
  await setUp({ needs: ['node', 'java', 'maven', 'python'], build: true })
  try {
    await ensureConfluentDriver()
  } catch (error) {
    // A benchmark of others can run all the same; what needs the driver fails there, by name.
    if (!(error instanceof StepError)) throw error
    process.stderr.write(`${error.message}\n`)
  }
  return runAttached([process.execPath, '--import', 'tsx', join(folder, `${name}.ts`), ...options])
})
