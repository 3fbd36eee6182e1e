import { definePackage } from '../../tsup.base.js'

// A program, not a library: nobody imports it, so there are no types and no CommonJS.
export default definePackage({ main: 'src/main.ts' }, { format: ['esm'], dts: false, shims: false })
