import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'

// Connections to the servers behind an endpoint, which all listen on this machine.
const agent = new Agent({ keepAlive: true })

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
  return new Promise((resolve) => {
    const upstream = request(new URL(incoming.url ?? '/', baseUrl), {
      method: incoming.method,
      headers,
      agent,
    })
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
