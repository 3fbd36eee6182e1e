// Fails when a generated file differs from what its generator writes today.
import { spawnSync } from 'node:child_process'
import { pnpm } from './setup.mjs'
import { repositoryFolder, runMain, runStep, StepError } from './step.mjs'

await runMain(async () => {
  const before = generatedFilesState()
  await runStep('Generating', [...pnpm, 'run', 'generate'])
  if (generatedFilesState() !== before) {
    throw new StepError(
      'A *.gen.ts file is not what its generator writes. Run "npm run generate" and commit the result.',
    )
  }
})

/** The generated files' content, tracked or not, as git sees it. */
function generatedFilesState() {
  const { stdout } = spawnSync('git', ['hash-object', '--', ...generatedFiles()], {
    cwd: repositoryFolder,
    encoding: 'utf8',
  })
  return stdout
}

function generatedFiles() {
  const listing = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.gen.ts'], {
    cwd: repositoryFolder,
    encoding: 'utf8',
  })
  const files = listing.stdout.split('\n').filter(Boolean)
  if (files.length === 0) throw new StepError('No generated file was found: is this a git checkout?')
  return files
}
