import type { HttpRequestHead } from './loopback-server.js'
import type { AwsCall, AwsOperation, AwsOutcome } from './service.js'

/** An operation of a REST service, for the requests that are for it. */
export type Route = (request: HttpRequestHead) => AwsOperation | undefined

/** An operation at a path; `*` is one segment of it, which the SDK percent-encodes. */
export function route(
  name: string,
  method: string,
  pattern: string,
  run: (call: AwsCall, parameters: readonly string[]) => AwsOutcome | Promise<AwsOutcome>,
): Route {
  const expression = new RegExp(`^${pattern.replaceAll('*', '([^/]+)')}$`)
  return (request) => {
    const match = request.method === method ? expression.exec(request.path) : null
    const parameters = match?.slice(1).map(decoded)
    if (parameters?.every((parameter) => parameter !== undefined) !== true) return undefined
    return { name, run: async (call) => run(call, parameters) }
  }
}

export function firstOf(routes: readonly Route[], request: HttpRequestHead): AwsOperation | undefined {
  return routes.map((one) => one(request)).find((operation) => operation !== undefined)
}

/** undefined when the text isn't percent-encoded UTF-8. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
