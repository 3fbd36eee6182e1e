const minMs = 100
const maxMs = 1_000

/** How long to wait after a failure, of a batch, a look-up or a connection. Pure. */
export function backoffMs(failuresBefore: number): number {
  return Math.min(maxMs, minMs * 2 ** failuresBefore)
}
