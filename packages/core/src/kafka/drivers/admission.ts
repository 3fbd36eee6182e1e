import type { KafkaConnection } from '../../config/kafka.js'
import { toTidewaterError } from '../../errors.js'
import { abortableSleep, runWithRetry } from '../../retry/run.js'
import { ConnectionPacer } from './connection-pacer.js'

// 40 together, and then 50 in each second: never more than 90 of MSK's 100.
const connectionsPerSecond = 50
const burst = 40
/** A client of kafkajs or librdkafka opens up to three to a broker at once. */
const connectionsOfAClient = 3
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
 * @param connections how many `connect` may open at once. Default 3, as the client libraries do
 * @throws TidewaterError what `connect` throws; for a token that was refused, the reason that STS gives
 */
export async function admitted<T>(
  connection: KafkaConnection,
  connect: () => Promise<T>,
  connections = connectionsOfAClient,
): Promise<T> {
  const { auth } = connection
  if (auth === undefined) return connect()
  const pacer = pacerOf(connection.brokers)
  try {
    return await runWithRetry(
      async () => {
        await abortableSleep(pacer.reserve(performance.now(), connections))
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
  const pacer = pacers.get(cluster) ?? new ConnectionPacer(connectionsPerSecond, burst)
  pacers.set(cluster, pacer)
  return pacer
}
