import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { logSize } from '../../supervisor/log-tail.js'
import type { LocalObjects } from '../objects.js'

const shipIntervalMs = 2_000

export interface ShippedLog {
  readonly file: string
  /** Where it goes, compressed. */
  readonly key: string
}

export interface LogShipper {
  /** Writes what has come since, and stops. */
  finish(): Promise<void>
}

/**
 * Copies a run's logs to the object store every few seconds while they grow, and at the end: a log is one object, which is
 * overwritten.
 */
export function shipLogs(logs: readonly ShippedLog[], bucket: string, objects: LocalObjects): LogShipper {
  const shipped = new Map<string, number>()
  const ship = async (isEnd: boolean) => {
    for (const { file, key } of logs) {
      const size = await logSize(file)
      // Also an empty log is there when the run has ended, as on AWS.
      if (size === shipped.get(key) || (size === 0 && !isEnd)) continue
      const content = await readFile(file).catch(() => Buffer.alloc(0))
      await objects.put(bucket, key, await promisify(gzip)(content))
      shipped.set(key, size)
    }
  }
  // One after the other: an older copy must not overtake a newer one.
  let tail: Promise<void> = Promise.resolve()
  const enqueue = (isEnd: boolean) => {
    // A bucket that isn't there is the caller's mistake, which fails no run on AWS either.
    tail = tail.then(() => ship(isEnd)).catch(() => {})
    return tail
  }
  const timer = setInterval(() => void enqueue(false), shipIntervalMs)
  timer.unref()
  return {
    finish: () => {
      clearInterval(timer)
      return enqueue(true)
    },
  }
}
