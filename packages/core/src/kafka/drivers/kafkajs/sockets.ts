import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type * as Kafkajs from 'kafkajs'
import { FrameReader } from '../frames.js'

const keepAliveDelayMs = 60_000

/** The socket kafkajs itself would make, but for what it receives: see {@link handOnWholeFrames}. */
export function openSocket({ host, port, ssl, onConnect }: Kafkajs.ISocketFactoryArgs): Socket {
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
    : connectPlain({ host, port }, onConnect)
  socket.setKeepAlive(true, keepAliveDelayMs)
  handOnWholeFrames(socket)
  return socket
}

/**
 * Gives listeners what the socket receives one whole response at a time. kafkajs keeps the beginning of one that was cut
 * off, and takes the first bytes of its next connection to that broker for the rest.
 */
function handOnWholeFrames(socket: Socket): void {
  const frames = new FrameReader()
  const on = socket.on.bind(socket) as (event: string, listener: (chunk: Buffer) => void) => Socket
  const onData = (listener: (frame: Buffer) => void) => (chunk: Buffer) => {
    let whole: Buffer[]
    try {
      whole = frames.take(chunk)
    } catch (thrown) {
      socket.destroy(thrown as Error)
      return
    }
    for (const frame of whole) listener(frame)
  }
  socket.on = ((event: string, listener: (chunk: Buffer) => void) =>
    on(event, event === 'data' ? onData(listener) : listener)) as Socket['on']
}
