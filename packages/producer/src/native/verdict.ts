import { kafkaCode } from '@tidewater/core/drivers'
import { unsupportedVersion } from './broker-versions.js'

/**
 * What an answer means for a batch.
 *
 * - `appended`: it is in the log.
 * - `again`: it is not in the log; another try may succeed.
 * - `unknown`: it may be in the log; with its sequence number it can be sent again without harm.
 * - `out-of-order`: the broker expects another sequence number.
 * - `stale`: the broker knows the producer by a later epoch, or not at all.
 * - `too-large`: smaller batches may pass.
 * - `refused`: it is not in the log, and the same batch never will be.
 * - `fenced`: another producer has taken over the transactional id.
 */
export type Verdict =
  | 'appended'
  | 'again'
  | 'unknown'
  | 'out-of-order'
  | 'stale'
  | 'too-large'
  | 'refused'
  | 'fenced'

export interface Treatment {
  readonly verdict: Verdict
  /** Ask for the leaders before the next try. */
  readonly refreshes: boolean
}

const treatments = new Map<number, Treatment>()
function treat(verdict: Verdict, refreshes: boolean, codes: readonly number[]): void {
  for (const code of codes) treatments.set(code, { verdict, refreshes })
}

treat('appended', false, [0, kafkaCode.duplicateSequence])
// The broker isn't the leader, or does not know of it yet: 5 no leader, 8 broker not available, 9 replica not available,
// 72 listener not found, 74 and 75 leader epoch, 100 unknown topic id.
treat('again', true, [5, 8, 9, 72, 74, 75, 100])
// 2 the bytes were damaged on the way, 14 to 16 a coordinator that loads or moved, 19 too few replicas in sync (checked before
// the append), 35 a version that the broker doesn't speak (the next connection asks which it does), 51 concurrent
// transactions, 89 throttled.
treat('again', false, [2, 14, 15, 16, 19, unsupportedVersion, 51, 89])
// Appended by the leader, and not known to be on the others: 7 timed out, 13 the network, 20 too few replicas afterwards.
// 3 unknown partition, 6 not the leader, 56 storage failed: said before the append, and also of a batch that waits for the
// others to have it when the broker stops leading, which they then may have (Kafka's DelayedProduce).
treat('unknown', true, [3, 6, 7, 13, 20, 56])
treat('out-of-order', false, [kafkaCode.outOfOrderSequence])
treat('stale', false, [kafkaCode.invalidProducerEpoch, kafkaCode.unknownProducerId])
treat('too-large', false, [kafkaCode.messageTooLarge, kafkaCode.recordListTooLarge])
treat('fenced', false, [kafkaCode.producerFenced])

/** @param code a Kafka error code from a produce answer, 0 for none; one that isn't known is never tried again */
export function treatmentOf(code: number): Treatment {
  return treatments.get(code) ?? { verdict: 'refused', refreshes: false }
}
