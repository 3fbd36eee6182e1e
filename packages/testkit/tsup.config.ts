import { definePackage } from '../../tsup.base.js'

const entries = { index: 'src/index.ts', aws: 'src/aws/index.ts' }

export default definePackage(
  // A file of its own for a process, beside the others; nobody imports it.
  { ...entries, 'aws-host': 'src/aws/host.ts' },
  { dts: { entry: entries } },
)
