import { kafkaCode } from '@tidewater/core/drivers'

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
 */
export type Verdict = 'appended' | 'again' | 'unknown' | 'out-of-order' | 'stale' | 'too-large' | 'refused'

export interface Judgement {
  readonly verdict: Verdict
  /** Ask for the leaders before the next try. */
  readonly refreshes: boolean
}

const judgements = new Map<number, Judgement>()
function judge(verdict: Verdict, refreshes: boolean, codes: readonly number[]): void {
  for (const code of codes) judgements.set(code, { verdict, refreshes })
}

judge('appended', false, [0, kafkaCode.duplicateSequence])
// The broker isn't the leader, or does not know of it yet.
judge('again', true, [
  kafkaCode.leaderNotAvailable,
  kafkaCode.brokerNotAvailable,
  kafkaCode.replicaNotAvailable,
  kafkaCode.listenerNotFound,
  kafkaCode.fencedLeaderEpoch,
  kafkaCode.unknownLeaderEpoch,
  kafkaCode.unknownTopicId,
])
judge('again', false, [
  // The bytes were damaged on the way.
  kafkaCode.corruptMessage,
  kafkaCode.coordinatorLoading,
  kafkaCode.coordinatorNotAvailable,
  kafkaCode.notCoordinator,
  // Checked before the append.
  kafkaCode.notEnoughReplicas,
  // The next connection asks which version the broker speaks.
  kafkaCode.unsupportedVersion,
  kafkaCode.concurrentTransactions,
  kafkaCode.throttlingQuotaExceeded,
])
judge('unknown', true, [
  // Appended by the leader, and not known to be on the others.
  kafkaCode.requestTimedOut,
  kafkaCode.networkException,
  kafkaCode.notEnoughReplicasAfterAppend,
  // Said before the append, and also of a batch that waits for the others to have it when the broker stops leading, which
  // they then may have (Kafka's DelayedProduce).
  kafkaCode.unknownTopicOrPartition,
  kafkaCode.notLeader,
  kafkaCode.storageError,
])
judge('out-of-order', false, [kafkaCode.outOfOrderSequence])
judge('stale', false, [kafkaCode.invalidProducerEpoch, kafkaCode.unknownProducerId])
judge('too-large', false, [kafkaCode.messageTooLarge, kafkaCode.recordListTooLarge])

/** @param code a Kafka error code from a produce answer, 0 for none; one that isn't known is never tried again */
export function judgementOf(code: number): Judgement {
  return judgements.get(code) ?? { verdict: 'refused', refreshes: false }
}
