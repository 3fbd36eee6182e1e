import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Until the last bytes are read: to libuv an RST that is there together with them is an orderly end. */
const readMs = 50

/** What a connection asks of the proxy it goes through. */
export interface Passage {
  readonly isPaused: () => boolean
  readonly onRequest: (bytes: number) => void
  /** @returns how much of the response passes before the connection is cut; undefined: all of it, and no cut */
  readonly onResponse: (connection: ProxiedConnection, bytes: number) => number | undefined
  readonly onCut: () => void
  readonly onEnd: (connection: ProxiedConnection) => void
}

/** One client's connection, and the one that stands for it at the target. */
export class ProxiedConnection {
  #isEnding = false

  constructor(
    private readonly client: Socket,
    private readonly target: Socket,
    private readonly passage: Passage,
  ) {
    if (passage.isPaused()) this.pause()
    this.#join(client, target)
    this.#join(target, client)
    client.on('data', (chunk) => {
      passage.onRequest(chunk.length)
      this.#forward(client, target, chunk)
    })
    target.on('data', (chunk) => {
      if (this.#isEnding) return
      const passed = passage.onResponse(this, chunk.length)
      if (passed === undefined) this.#forward(target, client, chunk)
      else this.#cutAfter(chunk.subarray(0, passed))
    })
  }

  pause(): void {
    this.client.pause()
    this.target.pause()
  }

  resume(): void {
    this.#resume(this.client, this.target)
    this.#resume(this.target, this.client)
  }

  /** RST to both sides. */
  reset(): void {
    this.#isEnding = true
    sendReset(this.client)
    sendReset(this.target)
  }

  #cutAfter(lastBytes: Buffer): void {
    this.#isEnding = true
    this.client.write(lastBytes, async () => {
      await sleep(readMs)
      this.reset()
      this.passage.onCut()
    })
  }

  #join(from: Socket, to: Socket): void {
    from.on('end', () => to.end())
    from.on('drain', () => this.#resume(to, from))
    // As it would be without the proxy: the other side learns of a broken connection by a broken connection.
    from.on('error', () => sendReset(to))
    from.on('close', () => {
      to.destroy()
      this.passage.onEnd(this)
    })
  }

  #forward(from: Socket, to: Socket, chunk: Buffer): void {
    if (!to.write(chunk)) from.pause()
  }

  #resume(from: Socket, to: Socket): void {
    if (!this.passage.isPaused() && !to.writableNeedDrain) from.resume()
  }
}

// resetAndDestroy alone waits for what is still to be written, then sends a FIN ahead of the RST: the other side would
// see an orderly end.
function sendReset(socket: Socket): void {
  socket._final = (done) => done()
  socket.resetAndDestroy()
  socket.destroy()
}
