import { definePackage } from '../../tsup.base.js'

export default definePackage({
  index: 'src/index.ts',
  native: 'src/native/index.ts',
  sample: 'src/sample/index.ts',
})
