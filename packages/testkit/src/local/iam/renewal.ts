// Whoever starts a stack means to use it for a while.
const leastLeftMs = 3_600_000

/** Whether certificates that end then are of no use to a stack that starts now. */
export function mustRenew(notAfterMs: number, nowMs: number): boolean {
  return !(notAfterMs - nowMs > leastLeftMs)
}
