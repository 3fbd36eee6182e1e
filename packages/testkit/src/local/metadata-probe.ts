// Readiness is asked over a bare socket rather than through a Kafka client: clients are the user's choice here (optional
// peers of @tidewater/core), and Kafka's own AdminClient would start a second JVM, slower than the broker it waits for.
import { connect, type Socket } from 'node:net'
import { TidewaterError } from '@tidewater/core'
import {
  type ClusterMetadata,
  decodeMetadataResponse,
  encodeApiVersionsRequest,
  encodeMetadataRequest,
  requireMetadataVersion,
  takeResponse,
} from './metadata-wire.js'

const clientId = 'tidewater-ready-probe'
const answerTimeoutMs = 2_000

/**
 * Asks the broker at this address who is in the cluster.
 *
 * @throws TidewaterError `BROKER_UNREACHABLE` (no connection or no answer within 2 s), `KAFKA_PROTOCOL` (not Kafka)
 */
export async function requestMetadata(host: string, port: number): Promise<ClusterMetadata> {
  const socket = connect({ host, port })
  try {
    requireMetadataVersion(await exchange(socket, encodeApiVersionsRequest(1, clientId)), 1)
    return decodeMetadataResponse(await exchange(socket, encodeMetadataRequest(2, clientId)), 2)
  } catch (thrown) {
    if (TidewaterError.isInstance(thrown)) throw thrown
    throw unreachable(host, port, thrown)
  } finally {
    socket.destroy()
  }
}

function exchange(socket: Socket, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0)
    const end = (settle: () => void) => {
      clearTimeout(timer)
      socket.off('data', onData).off('error', onError).off('close', onClose)
      // Between two exchanges an error would otherwise find no listener.
      socket.on('error', () => {})
      settle()
    }
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const response = takeResponse(received)
      if (response !== undefined) end(() => resolve(response))
    }
    const onError = (error: Error) => end(() => reject(error))
    const onClose = () => end(() => reject(silent('The connection was closed')))
    const timer = setTimeout(
      () => end(() => reject(silent(`No answer within ${answerTimeoutMs} ms`))),
      answerTimeoutMs,
    )
    socket.on('data', onData).on('error', onError).on('close', onClose)
    socket.write(request)
  })
}

function silent(message: string): TidewaterError {
  return new TidewaterError('BROKER_UNREACHABLE', message, { retryable: true })
}

function unreachable(host: string, port: number, cause: unknown): TidewaterError {
  return new TidewaterError('BROKER_UNREACHABLE', `No broker answers at ${host}:${port}`, {
    retryable: true,
    details: { host, port },
    cause,
  })
}
