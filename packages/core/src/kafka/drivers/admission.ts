import type { KafkaConnection } from '../../config/kafka.js'
import { toTidewaterError } from '../../errors.js'
import { abortableSleep, runWithRetry } from '../../retry/run.js'
import { ConnectionPacer } from './connection-pacer.js'

// A client starts at once, 20 together, and then 20 in each second: at three connections each, 60 of MSK's 100.
const clientsPerSecond = 20
const pacers = new Map<string, ConnectionPacer>()

// Clients that were refused together come back apart: the whole delay is random.
const refusalPolicy = {
  maxAttempts: 8,
  initialDelayMs: 1_000,
  maxDelayMs: 10_000,
  maxElapsedMs: 60_000,
  jitter: 1,
}

/**
 * Connects the way a cluster with IAM wants it: not all clients at once, again after a refusal that passes, and never
 * again after one that does not; such a one is explained.
 *
 * @throws TidewaterError what `connect` throws; for a token that was refused, the reason that STS gives
 */
export async function admitted<T>(connection: KafkaConnection, connect: () => Promise<T>): Promise<T> {
  const { auth } = connection
  if (auth === undefined) return connect()
  const pacer = pacerOf(connection.brokers)
  try {
    return await runWithRetry(
      async () => {
        await abortableSleep(pacer.reserve(performance.now()))
        return connect()
      },
      {
        policy: refusalPolicy,
        isRetryable: ({ code }) => code === 'TOO_MANY_CONNECTIONS' || code === 'SESSION_TOO_SHORT',
      },
    )
  } catch (thrown) {
    const error = toTidewaterError(thrown)
    throw error.code === 'AUTHENTICATION_FAILED' ? await auth.explainDenial(error) : error
  }
}

function pacerOf(brokers: readonly string[]): ConnectionPacer {
  const cluster = [...brokers].sort().join(',')
  const pacer = pacers.get(cluster) ?? new ConnectionPacer(clientsPerSecond, clientsPerSecond)
  pacers.set(cluster, pacer)
  return pacer
}
