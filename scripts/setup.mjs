// What `npm run demo`, `npm test` and `npm run bench` need before anything of the workspace can run. Plain JavaScript
// without dependencies: it runs on a clone in which nothing is installed yet. All output goes to stderr.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { checkPrerequisites } from '../packages/testkit/src/toolchain/prerequisites.mjs'
import { repositoryFolder, runStep } from './step.mjs'

const packageJson = JSON.parse(readFileSync(join(repositoryFolder, 'package.json'), 'utf8'))
const stampFolder = join(repositoryFolder, 'node_modules', '.cache', 'tidewater')

/** pnpm as the workspace pins it, through npx, so that nobody has to install it. */
export const pnpm = ['npx', '--yes', packageJson.packageManager]

/**
 * Checks the machine, installs the packages and builds them; each step is skipped when its inputs did not change.
 *
 * @param {{ needs: ('node' | 'java' | 'maven' | 'python')[], build: boolean }} options
 */
export async function setUp({ needs, build }) {
  await checkPrerequisites(needs)
  const lock = hashOf([
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...workspaceFolders().map((folder) => `${folder}/package.json`),
  ])
  await runUnlessStamped('install', lock, ['node_modules/.modules.yaml'], 'Installing packages', [
    ...pnpm,
    'install',
    '--frozen-lockfile',
  ])
  if (!build) return
  const sources = hashOf([
    'tsup.base.ts',
    'tsconfig.base.json',
    ...workspaceFolders()
      .filter((folder) => folder.startsWith('packages/') || folder === 'spark')
      .flatMap(sourceFiles),
  ])
  const built = workspaceFolders().filter((folder) => folder.startsWith('packages/'))
  await runUnlessStamped(
    'build',
    `${lock}-${sources}`,
    built.map((folder) => `${folder}/dist`),
    'Building packages',
    [...pnpm, '-r', 'build'],
  )
}

/** Skips what was done from the same inputs, if what it made is still there. */
async function runUnlessStamped(name, key, made, title, command) {
  const stamp = join(stampFolder, name)
  const isThere = made.every((path) => existsSync(join(repositoryFolder, path)))
  if (isThere && existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return
  // An interrupted step must not look like a finished one.
  rmSync(stamp, { force: true })
  await runStep(title, command)
  mkdirSync(stampFolder, { recursive: true })
  writeFileSync(stamp, key)
}

function workspaceFolders() {
  const packages = readdirSync(join(repositoryFolder, 'packages')).map((name) => `packages/${name}`)
  return [...packages, 'spark', 'examples', 'bench'].filter((folder) =>
    existsSync(join(repositoryFolder, folder, 'package.json')),
  )
}

function sourceFiles(folder) {
  const wanted = /\.(ts|mts|mjs|json|xml)$/
  return readdirSync(join(repositoryFolder, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted.test(entry.name))
    .map((entry) => relative(repositoryFolder, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|dist|test|tests)\//.test(path))
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of [...paths].sort())
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(repositoryFolder, path)))
  return hash.digest('hex')
}
