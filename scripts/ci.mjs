// Everything that has to hold before a change lands: the tests of `npm test`, then the checks of the code and of the
// packages as they would be published. Ends with `N passed, N failed`, each check counting as one.
import { pnpm } from './setup.mjs'
import { runAttached, runMain, runWatched, throwIfInterrupted } from './step.mjs'

const checks = [
  ['lint', [...pnpm, 'run', 'lint']],
  ['type check', [...pnpm, 'run', 'typecheck']],
  ['generated files are current', ['node', 'scripts/check-generated.mjs']],
  ['packages', [...pnpm, 'run', 'check:packages']],
]

await runMain(async () => {
  const tests = await runTests()
  let { passed, failed } = tests
  for (const [name, command] of checks) {
    process.stdout.write(`\n== ${name}\n`)
    const code = await runAttached(command)
    process.stdout.write(`${name}: ${code === 0 ? 'passed' : `failed (${code})`}\n`)
    if (code === 0) passed += 1
    else failed += 1
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
})

/** Runs `npm test`, passing its output through and reading its closing line. */
async function runTests() {
  let tail = ''
  const code = await runWatched(['npm', 'test'], (chunk) => {
    tail = (tail + chunk).slice(-4096)
  })
  throwIfInterrupted()
  const closing = [...tail.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1)
  const passed = Number(closing?.[1] ?? 0)
  const failed = Number(closing?.[2] ?? 0)
  return { passed, failed: code === 0 || failed > 0 ? failed : failed + 1 }
}
