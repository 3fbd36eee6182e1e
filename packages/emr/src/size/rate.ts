import { type Source, sources } from '../sources.js'

/** What one core works off: the run book's job, warm, over NetFlow records; the lower end of what was measured. */
export const measuredRate = { recordsPerSecondPerCore: 80_000, recordBytes: 152 } as const

/** Of its capacity the steady load takes at most this share: the rest is for peaks, and for catching up after an outage. */
export const targetUtilisation = 0.7

export interface RateOptions {
  /** Bytes of a record's value as it lies in Kafka, before compression. */
  readonly recordBytes: number
  /** Measured with the whole job and these records; their size is then not reckoned with. */
  readonly recordsPerSecondPerCore?: number | undefined
}

export interface CoreRate {
  /** Records a second and core. */
  readonly recordsPerSecond: number
  readonly reason: string
  readonly source: Source
}

/** How many records a second one core works off, and why that is believed. */
export function coreRate({ recordBytes, recordsPerSecondPerCore }: RateOptions): CoreRate {
  if (recordsPerSecondPerCore !== undefined) {
    return {
      recordsPerSecond: recordsPerSecondPerCore,
      reason: 'as given',
      source: { title: 'The measurement given', trust: 'claimed' },
    }
  }
  // Smaller records are not promised to be faster: the cost by record stays. Larger ones are reckoned by their bytes.
  const bySize = Math.min(1, measuredRate.recordBytes / recordBytes)
  const parts = [
    `${measuredRate.recordsPerSecondPerCore} for records of ${measuredRate.recordBytes} bytes`,
    ...(bySize < 1 ? [`in proportion for ${recordBytes} bytes (inferred)`] : []),
  ]
  return {
    recordsPerSecond: Math.max(1, Math.floor(measuredRate.recordsPerSecondPerCore * bySize)),
    reason: parts.join('; '),
    source: sources.ratePerCore,
  }
}
