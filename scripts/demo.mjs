// npm run demo: sets everything up, then runs `tidewater demo` with the arguments given.
import { setUp } from './setup.mjs'
import { cli, runAttached, runMain } from './step.mjs'

await runMain(async () => {
  await setUp({ needs: ['node', 'java', 'maven', 'python'], build: true })
  // npm runs scripts in the repository's folder; a relative --json path means the folder the user stood in.
  return runAttached([...cli, 'demo', ...process.argv.slice(2)], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
  })
})
