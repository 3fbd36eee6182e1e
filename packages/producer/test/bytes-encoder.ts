import { preEncoded } from '../src/batch/pre-encoded.js'

/** Records that are their own encoding, so that tests see exactly which bytes arrive. */
export const bytesEncoder = preEncoded
export const bytesEncoders = { record: preEncoded, encoded: preEncoded }
