import type { Socket } from 'node:net'

const saslHandshake = 17
const saslAuthenticate = 36

/**
 * Keeps a re-authentication in one piece on the wire. A broker takes nothing between SaslHandshake and SaslAuthenticate;
 * kafkajs, which re-authenticates on a connection in use, writes requests there that passed its check before, and the
 * broker closes the connection (ILLEGAL_SASL_STATE). What comes in between waits here, and follows in its order.
 */
export class SaslGate {
  #held: Uint8Array[] | undefined

  /** Between SaslHandshake and SaslAuthenticate. */
  get isWaiting(): boolean {
    return this.#held !== undefined
  }

  /** @returns the frames to be written now, in this order */
  pass(frame: Uint8Array): readonly Uint8Array[] {
    const apiKey = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getInt16(4)
    if (apiKey === saslHandshake) {
      this.#held ??= []
      return [frame]
    }
    if (this.#held === undefined) return [frame]
    if (apiKey !== saslAuthenticate) {
      this.#held.push(frame)
      return []
    }
    const follow = this.#held
    this.#held = undefined
    return [frame, ...follow]
  }
}

/** Puts a gate before a socket that kafkajs writes to; kafkajs writes one whole request at a time. */
export function putBehind(gate: SaslGate, socket: Socket): void {
  const write = socket.write.bind(socket)
  socket.write = ((frame: Uint8Array, ...rest: never[]) => {
    let isFlushed = true
    for (const one of gate.pass(frame)) isFlushed = write(one, ...rest)
    return isFlushed
  }) as Socket['write']
}
