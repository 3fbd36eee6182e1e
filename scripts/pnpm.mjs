// Runs pnpm in the version the workspace pins, for those who have none: node scripts/pnpm.mjs ARGUMENTS
import { pnpm } from './setup.mjs'
import { runAttached, runMain } from './step.mjs'

await runMain(() => runAttached([...pnpm, ...process.argv.slice(2)]))
