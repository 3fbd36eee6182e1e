// npm run tidewater -- COMMAND: the command line from this clone, built when it has changed.
import { setUp } from './setup.mjs'
import { cli, runAttached, runMain } from './step.mjs'

await runMain(async () => {
  await setUp({ needs: ['node'], build: true })
  return runAttached([...cli, ...process.argv.slice(2)], { cwd: process.env.INIT_CWD ?? process.cwd() })
})
