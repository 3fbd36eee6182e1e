import { definePackage } from '../../tsup.base.js'

const entries = {
  index: 'src/index.ts',
  fleet: 'src/fleet/index.ts',
  native: 'src/native/index.ts',
  sample: 'src/sample/index.ts',
}

export default definePackage(
  // A file of its own for the threads, beside the others; nobody imports it.
  { ...entries, 'fleet-thread': 'src/fleet/fleet-thread.ts' },
  { dts: { entry: entries } },
)
