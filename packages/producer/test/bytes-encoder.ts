import { preEncoded } from '../src/batch/accumulator.js'

/** Records that are their own encoding, so that tests see exactly which bytes arrive. */
export const bytesEncoder = preEncoded
