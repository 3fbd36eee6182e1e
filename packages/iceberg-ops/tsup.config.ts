import { definePackage } from '../../tsup.base.js'

export default definePackage({ index: 'src/index.ts', metadata: 'src/metadata/index.ts' })
