import { definePackage } from '../../tsup.base.js'

export default definePackage({
  index: 'src/index.ts',
  athena: 'src/athena/index.ts',
  metadata: 'src/metadata/index.ts',
})
