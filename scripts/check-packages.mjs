// Checks the packages as they would be published: packed tarballs through publint and attw, then installed together in
// an empty project and loaded as ESM and as CommonJS.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pnpm } from './setup.mjs'
import { repositoryFolder, runMain, runStep } from './step.mjs'

await runMain(async () => {
  const work = mkdtempSync(join(tmpdir(), 'tidewater-packages-'))
  try {
    const packages = publishedPackages()
    const tarballs = []
    for (const { folder, manifest } of packages) {
      const destination = mkdtempSync(join(work, 'pack-'))
      await runStep(`Packing ${manifest.name}`, [
        ...pnpm,
        '--dir',
        folder,
        'pack',
        '--pack-destination',
        destination,
      ])
      const tarball = join(
        destination,
        readdirSync(destination).find((name) => name.endsWith('.tgz')),
      )
      tarballs.push([manifest.name, tarball])
      await runStep(`publint ${manifest.name}`, ['npx', 'publint', 'run', tarball, '--strict'])
      // node16: resolution that knows no `exports` (node10) left with TypeScript 4.6 and Node 12; we ask for Node 20.
      if (manifest.exports?.['.'] !== undefined) {
        await runStep(`attw ${manifest.name}`, ['npx', 'attw', tarball, '--no-color', '--profile', 'node16'])
      }
    }
    loadInstalled(work, packages, tarballs)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
})

function publishedPackages() {
  return ['spark', ...readdirSync(join(repositoryFolder, 'packages')).map((name) => join('packages', name))]
    .map((folder) => join(repositoryFolder, folder))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }))
}

function loadInstalled(work, packages, tarballs) {
  const project = mkdtempSync(join(work, 'project-'))
  const files = Object.fromEntries(tarballs.map(([name, tarball]) => [name, `file:${tarball}`]))
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ private: true, dependencies: files, pnpm: { overrides: files } }),
  )
  execFileSync(pnpm[0], [...pnpm.slice(1), 'install', '--ignore-scripts', '--no-frozen-lockfile'], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const entries = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {})
      .filter((path) => !path.endsWith('.json'))
      .map((path) => manifest.name + path.slice(1)),
  )
  const load = (kind, source) => {
    execFileSync(process.execPath, [`--input-type=${kind}`, '-e', source], { cwd: project, stdio: 'inherit' })
    process.stderr.write(`Loaded as ${kind}: ${entries.join(', ')}\n`)
  }
  load('module', entries.map((entry) => `await import(${JSON.stringify(entry)})`).join('\n'))
  load('commonjs', entries.map((entry) => `require(${JSON.stringify(entry)})`).join('\n'))
  execFileSync(join(project, 'node_modules', '.bin', 'tidewater'), ['--version'], {
    cwd: project,
    stdio: 'inherit',
  })
}
