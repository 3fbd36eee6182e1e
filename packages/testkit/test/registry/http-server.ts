import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface HttpAnswer {
  readonly status: number
  readonly body: unknown
}

/** A loopback server until the test ends; `undefined` is never answered. Its URL. */
export async function serve(
  answer: (request: HttpRequest) => HttpAnswer | undefined | Promise<HttpAnswer | undefined>,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const answered = await answer({ method, path, headers, body: await text(request) })
    if (answered === undefined) return
    response.writeHead(answered.status, { 'content-type': 'application/json' })
    response.end(typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
