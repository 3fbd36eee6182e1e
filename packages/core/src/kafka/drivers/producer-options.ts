import { TidewaterError } from '../../errors.js'
import type { Compression, DriverName, DriverProducerOptions } from '../port.js'

/** Kafka's numbers for `acks`. */
export const acksOnWire = { all: -1, leader: 1, none: 0 } as const

/** Default of `transactionTimeoutMs`, of every driver and of the producer above them. */
export const defaultTransactionTimeoutMs = 60_000

/** Bounds of `deliveryTimeoutMs`, of every driver and of the producer above them. */
export const deliveryTimeoutBoundsMs = { min: 1_000, max: 900_000 } as const

/**
 * Refuses, before anything connects, what a driver can't do.
 *
 * @throws TidewaterError `CONFIG_INVALID` or `DRIVER_UNSUPPORTED_OPTION`, naming option, value and what is supported
 */
export function checkProducerOptions(
  driver: DriverName,
  options: DriverProducerOptions,
  compressions: readonly Compression[],
): void {
  if (options.idempotent && options.acks !== 'all') {
    throw new TidewaterError('CONFIG_INVALID', `idempotent needs acks "all", got acks "${options.acks}"`, {
      remedy: 'Set acks to "all", or idempotent to false.',
      details: { acks: options.acks, idempotent: true },
    })
  }
  if (!compressions.includes(options.compression)) {
    throw new TidewaterError(
      'DRIVER_UNSUPPORTED_OPTION',
      `The ${driver} driver can't do compression "${options.compression}" on this Node version: it supports ` +
        compressions.join(', '),
      {
        remedy: `Choose one of ${compressions.join(', ')}, or another driver.`,
        details: { driver, option: 'compression', value: options.compression, supported: compressions },
      },
    )
  }
  const { transactionalId } = options
  if (transactionalId !== undefined && driver !== 'native') {
    throw new TidewaterError(
      'DRIVER_UNSUPPORTED_OPTION',
      `The ${driver} driver doesn't write in transactions: got transactionalId "${transactionalId}"`,
      {
        remedy: 'Leave transactionalId out, or use the native driver.',
        details: { driver, option: 'transactionalId', value: transactionalId },
      },
    )
  }
  const { min, max } = deliveryTimeoutBoundsMs
  checkBounds('deliveryTimeoutMs', options.deliveryTimeoutMs, min, max)
  checkBounds('maxRequestBytes', options.maxRequestBytes, 1_000, 1_000_000_000)
}

function checkBounds(option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new TidewaterError(
    'CONFIG_INVALID',
    `${option} must be a whole number from ${min} to ${max}, got ${value}`,
    {
      remedy: `Set ${option} between ${min} and ${max}.`,
      details: { option, value, min, max },
    },
  )
}
