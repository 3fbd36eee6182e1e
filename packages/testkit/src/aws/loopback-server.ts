import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loopbackHost } from '../local/loopback.js'

export interface LoopbackServer {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string
  /** Stops listening and ends the connections that are open. */
  close(): Promise<void>
}

export interface HttpRequest {
  readonly method: string
  /** As it was sent, still percent-encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface HttpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** `disconnect` ends the connection without an answer, as a failing network does. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer | 'disconnect'>

/** A request whose body has not been read. */
export type HttpRequestHead = Omit<HttpRequest, 'body'>

/** Takes a request over before its body is read; undefined leaves it to the handler. */
export type HttpTakeOver = (
  head: HttpRequestHead,
) => ((incoming: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined

export interface LoopbackServerOptions {
  /** Default: a free one. */
  readonly port?: number | undefined
  readonly takeOver?: HttpTakeOver
}

/** No request of these protocols is larger; what is, is not one of them. */
const maxBodyBytes = 1 << 20

/** An HTTP server that only this machine reaches. */
export async function startLoopbackServer(
  handle: HttpHandler,
  { port: wantedPort = 0, takeOver }: LoopbackServerOptions = {},
): Promise<LoopbackServer> {
  const server = createServer((incoming, response) => {
    respond(handle, takeOver, incoming, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: wantedPort, host: loopbackHost, exclusive: true }, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${loopbackHost}:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function respond(
  handle: HttpHandler,
  takeOver: HttpTakeOver | undefined,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const head = headOf(incoming)
  const takenOver = takeOver?.(head)
  if (takenOver !== undefined) return takenOver(incoming, response)
  const body = await readBody(incoming)
  if (body === undefined) {
    response.writeHead(413, { connection: 'close' }).end()
    return
  }
  const answer = await handle({ ...head, body })
  if (answer === 'disconnect') {
    incoming.socket.destroy()
    return
  }
  response.writeHead(answer.status, answer.headers)
  response.end(answer.body)
}

function headOf(incoming: IncomingMessage): HttpRequestHead {
  const [path = '/', search = ''] = (incoming.url ?? '/').split(/\?(.*)/s)
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(search),
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(',')]),
    ),
  }
}

/** undefined when the body is too large. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).byteLength
    if (bytes > maxBodyBytes) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
