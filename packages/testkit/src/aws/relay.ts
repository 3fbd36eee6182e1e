import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'

// Connections to the servers behind an endpoint. Idle ones end here first: one that the server ends may have a request on it.
const agent = new Agent({ keepAlive: true, timeout: 2_000 })

/**
 * Passes a request on as it is, and the answer back: bodies are streamed, since objects are larger than memory.
 *
 * @returns the answer's status; `disconnected` when either side went away
 */
export function relay(
  incoming: IncomingMessage,
  response: ServerResponse,
  baseUrl: string,
): Promise<number | 'disconnected'> {
  // This server has answered Expect: 100-continue already.
  const { expect: _, connection: __, ...headers } = incoming.headers
  const { hostname, port } = new URL(baseUrl)
  return new Promise((resolve) => {
    // The path as it was sent: a key may hold what a URL would make something else of, such as two slashes.
    const upstream = request({ hostname, port, path: incoming.url, method: incoming.method, headers, agent })
    const giveUp = () => {
      upstream.destroy()
      incoming.socket.destroy()
      resolve('disconnected')
    }
    upstream.once('error', giveUp)
    upstream.once('response', (answer) => {
      const { connection: _, 'keep-alive': __, ...answerHeaders } = answer.headers
      const status = answer.statusCode ?? 502
      response.writeHead(status, answerHeaders)
      answer.once('error', giveUp)
      answer.pipe(response)
      response.once('finish', () => resolve(status))
    })
    response.once('close', () => {
      if (!response.writableFinished) giveUp()
    })
    incoming.pipe(upstream)
  })
}
