import { TidewaterError } from '@tidewater/core'
import { brokerError, kafkaCode } from '@tidewater/core/drivers'

const tryAgain: readonly number[] = [
  kafkaCode.coordinatorLoading,
  kafkaCode.coordinatorNotAvailable,
  kafkaCode.notCoordinator,
  kafkaCode.concurrentTransactions,
  // Of a partition that has just been made.
  kafkaCode.unknownTopicOrPartition,
]

const memberIsOut: readonly number[] = [
  kafkaCode.illegalGeneration,
  kafkaCode.unknownMemberId,
  kafkaCode.fencedInstanceId,
]

/** The code that decides about a request for several partitions; 0 when all were taken. */
export function decidingCode(answers: readonly { readonly errorCode: number }[]): number {
  // What keeps one out keeps out all of them, and the others say only that they were not tried.
  const codes = answers.map(({ errorCode }) => errorCode).filter((errorCode) => errorCode !== 0)
  return codes.find((errorCode) => !tryAgain.includes(errorCode)) ?? codes[0] ?? 0
}

/** What a coordinator's error code means to the producer. */
export function transactionError(errorCode: number, action: string, transactionalId: string): TidewaterError {
  if (isFencing(errorCode)) return producerFenced(transactionalId, errorCode)
  const details = { kafkaErrorCode: errorCode, transactionalId }
  if (tryAgain.includes(errorCode))
    return new TidewaterError(
      'KAFKA_PROTOCOL',
      `${action}: the coordinator is not ready (Kafka error ${errorCode})`,
      { retryable: true, details },
    )
  if (memberIsOut.includes(errorCode))
    return new TidewaterError(
      'CONSUME_FAILED',
      `${action}: the consumer is not, or no longer, a member of that generation (Kafka error ${errorCode})`,
      {
        remedy: "Abort the transaction, and go on from the group's committed offsets once it has rebalanced.",
        details,
      },
    )
  return brokerError(errorCode, `transactional id "${transactionalId}"`, { action }, undefined)
}

/** Whether the code says that a later producer has the transactional id. */
export function isFencing(errorCode: number): boolean {
  return errorCode === kafkaCode.producerFenced || errorCode === kafkaCode.invalidProducerEpoch
}

export function producerFenced(transactionalId: string, errorCode: number): TidewaterError {
  return new TidewaterError(
    'PRODUCER_FENCED',
    `Another producer has taken over the transactional id "${transactionalId}", or its transaction outlasted transactionTimeoutMs`,
    {
      remedy: 'Let this producer end; give each producer that is to run a transactional id of its own.',
      details: { transactionalId, kafkaErrorCode: errorCode },
    },
  )
}

/** What records have failed with that were not delivered when their transaction was aborted. */
export function transactionAborted(): TidewaterError {
  return new TidewaterError('ABORTED', 'The transaction was aborted')
}
