// npm run demo: sets everything up, then runs `tidewater demo` with the arguments given.
import { join } from 'node:path'
import { setUp } from './setup.mjs'
import { repositoryFolder, runAttached, runMain } from './step.mjs'

await runMain(async () => {
  await setUp({ needs: ['node', 'java', 'maven', 'python'], build: true })
  const cli = join(repositoryFolder, 'packages', 'cli', 'dist', 'main.js')
  // npm runs scripts in the repository's folder; a relative --json path means the folder the user stood in.
  return runAttached([process.execPath, cli, 'demo', ...process.argv.slice(2)], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
  })
})
