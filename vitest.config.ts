import { defineConfig } from 'vitest/config'

// Packages are imported from their sources, so tests need no build.
const conditions = ['@tidewater/source', 'node', 'import', 'default']
const resolve = { conditions }
const ssr = { resolve: { conditions } }
// Ends a test that hangs; never a judgement on speed, which on a busy machine would fail tests at random.
const hangTimeoutMs = 300_000
// Most of a small test file's time is its imports, so a worker keeps them for the files that it runs: these tests leave
// nothing behind in the process or in a module.
const sharedImports = { pool: 'threads', isolate: false } as const
const timeouts = { testTimeout: hangTimeoutMs, hookTimeout: hangTimeoutMs }

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          ...timeouts,
          ...sharedImports,
          name: 'unit',
          include: ['packages/*/test/**/*.unit.test.ts', 'bench/test/**/*.unit.test.ts'],
          typecheck: {
            enabled: true,
            include: ['packages/*/test/**/*.types.test.ts'],
            tsconfig: './tsconfig.types.json',
          },
        },
      },
      {
        resolve,
        ssr,
        test: {
          ...timeouts,
          ...sharedImports,
          name: 'property',
          include: ['packages/*/test/**/*.property.test.ts'],
        },
      },
      {
        resolve,
        ssr,
        test: {
          ...timeouts,
          name: 'integration',
          // What tests start ends within a minute: with these a job of Spark takes half the CPU time, and a broker two thirds.
          env: { TIDEWATER_JVM_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' },
          include: ['packages/*/test/**/*.integration.test.ts', 'examples/test/**/*.integration.test.ts'],
        },
      },
    ],
  },
})
