import { TidewaterError } from '@tidewater/core'

export function recordTooLarge(
  recordBytes: number,
  maxRecordBytes: number,
  partition?: number,
): TidewaterError {
  return new TidewaterError(
    'RECORD_TOO_LARGE',
    `A record of ${recordBytes} bytes is over maxRecordBytes (${maxRecordBytes})`,
    {
      remedy: "Make the record smaller, or raise maxRecordBytes together with the topic's max.message.bytes.",
      details: { recordBytes, maxRecordBytes, ...(partition === undefined ? {} : { partition }) },
    },
  )
}

export function bufferFull(bufferedBytes: number, maxBufferedBytes: number): TidewaterError {
  return new TidewaterError(
    'BUFFER_FULL',
    `The buffer is full: ${bufferedBytes} of ${maxBufferedBytes} bytes (maxBufferedBytes) wait for delivery`,
    {
      retryable: true,
      remedy: 'Await the promise write() returned before writing more, or raise maxBufferedBytes.',
      details: { bufferedBytes, maxBufferedBytes },
    },
  )
}
