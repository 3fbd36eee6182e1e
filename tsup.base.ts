import { defineConfig, type Options } from 'tsup'

/** One build for every package: ESM and CommonJS with types for both, one file per public entry point. */
export function definePackage(entry: Record<string, string>, overrides: Options = {}) {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'node20.19',
    platform: 'node',
    dts: true,
    sourcemap: true,
    clean: true,
    // import.meta.url in CommonJS output.
    shims: true,
    // Code shared by two entry points (the error class above all) must exist once.
    splitting: true,
    ...overrides,
  })
}
