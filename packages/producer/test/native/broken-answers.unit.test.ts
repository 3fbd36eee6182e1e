// What answers, and is no broker or a broken one: the connection ends with an error, and neither hangs nor throws where nobody
// could catch it.
import { createServer, type Server } from 'node:net'
import { kafkaConnection, TidewaterError } from '@tidewater/core'
import { afterEach, expect, test } from 'vitest'
import { BrokerConnection } from '../../src/native/broker-connection.js'
import { apiVersions } from '../../src/native/wire/messages.js'

let server: Server | undefined
afterEach(() => new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve))))

/** @param answer what to send, from the correlation id that the request has */
async function portThatAnswers(answer: (correlationId: Buffer) => Buffer): Promise<number> {
  const listening = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (request) => socket.write(answer(request.subarray(8, 12))))
  })
  server = listening
  return new Promise((resolve) => {
    listening.listen(0, '127.0.0.1', () => resolve((listening.address() as { port: number }).port))
  })
}

function framed(...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

test.each<[string, (correlationId: Buffer) => Buffer, string]>([
  ['a web server', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'an answer of 1213486160 bytes'],
  ['a negative length', () => Buffer.of(0xff, 0xff, 0xff, 0xfc), 'an answer of -4 bytes'],
  ['a frame without a correlation id', () => framed(Buffer.of(0, 1)), 'the answer ends early'],
  ['an answer to another request', () => framed(Buffer.of(0, 0, 0, 99)), 'request 99 that was not asked'],
  [
    'an answer that is cut off',
    (correlationId) => framed(correlationId, Buffer.of(0, 0, 9)),
    "its answer to ApiVersions can't be read",
  ],
])('%s', async (_, answer, text) => {
  const port = await portThatAnswers(answer)
  const connection = kafkaConnection({ brokers: `127.0.0.1:${port}` })
  const closing = new AbortController().signal
  const settings = { connection, tls: undefined, closing, callTimeoutMs: 5_000 }
  const opened = await BrokerConnection.open('127.0.0.1', port, settings)
  const downs: TidewaterError[] = []
  opened.onDown = (error) => downs.push(error)
  const error = await opened.call(apiVersions, undefined).catch((thrown: unknown) => thrown)
  expect(TidewaterError.isInstance(error) && error.code).toBe('KAFKA_PROTOCOL')
  expect(String(error)).toContain(text)
  expect(downs).toEqual([error])
})
