import type { KafkaConnection } from '../../../config/kafka.js'
import type { DriverProducerOptions } from '../../port.js'
import { acksOnWire } from '../producer-options.js'
import { clamp, connectionConfig } from './client.js'

/** librdkafka looks for expired records once a second, so its own clock has to run out before the caller's. */
const expiryScanMs = 1_000

export function producerConfig(connection: KafkaConnection, options: DriverProducerOptions) {
  const { acks, idempotent, compression, deliveryTimeoutMs, maxRequestBytes } = options
  const messageTimeoutMs = Math.max(Math.ceil(deliveryTimeoutMs / 2), deliveryTimeoutMs - 2 * expiryScanMs)
  return {
    ...connectionConfig(connection),
    acks: acksOnWire[acks],
    'enable.idempotence': idempotent,
    'compression.codec': compression,
    'message.timeout.ms': messageTimeoutMs,
    'request.timeout.ms': clamp(connection.requestTimeoutMs, 1, messageTimeoutMs),
    // How long a topic that vanished is still hoped for. This driver looks before it sends, so nothing new is missing.
    'topic.metadata.propagation.max.ms': 2_000,
    'message.max.bytes': maxRequestBytes,
    'batch.size': Math.min(1_000_000, maxRequestBytes),
    // Batches come ready made from above; this only bridges the time it takes to hand one over record by record.
    'linger.ms': 2,
    'batch.num.messages': 100_000,
    // librdkafka keeps the order through retries with a producer id; without one only by having one request at a time.
    'max.in.flight.requests.per.connection': idempotent ? 5 : 1,
  }
}
