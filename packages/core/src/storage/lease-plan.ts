/** A lease as it lies in the store. */
export interface Lease {
  readonly number: number
  readonly modifiedAtMs: number
}

export type LeaseStep =
  /** Try to write the lease of this number; who writes it first has it. */
  | { readonly step: 'take'; readonly number: number }
  /** The lease of this number is held. */
  | { readonly step: 'wait'; readonly number: number }

/**
 * What one does who found these leases. A holder that has died can't give its lease back, so one that is older than its life is
 * passed over by the next number; two who do so at once meet at that number, and one of them gets it.
 *
 * @param nowMs by the clock of the store: the modification time of something just written
 */
export function nextLeaseStep(leases: readonly Lease[], nowMs: number, lifeMs: number): LeaseStep {
  const newest = leases.reduce<Lease | undefined>(
    (best, lease) => (best === undefined || lease.number > best.number ? lease : best),
    undefined,
  )
  if (newest === undefined) return { step: 'take', number: 0 }
  const { number, modifiedAtMs } = newest
  return nowMs - modifiedAtMs < lifeMs ? { step: 'wait', number } : { step: 'take', number: number + 1 }
}
