import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TidewaterError } from '@tidewater/core'
import { FaultQueue, type InjectedFault, type InjectionOptions } from './injected-faults.js'
import {
  type HttpAnswer,
  type HttpRequest,
  type HttpRequestHead,
  startLoopbackServer,
} from './loopback-server.js'
import { relay } from './relay.js'
import { restJson } from './rest-json.js'
import { s3Faults } from './s3-faults.js'
import { type AwsFault, type AwsIdentity, type AwsProtocol, type AwsService, fault } from './service.js'
import { signedService, verifySignature } from './signature.js'

export interface AwsEndpointOptions {
  /** Region that requests have to be signed for. Default `us-east-1`. */
  readonly region?: string
  /** What is behind the endpoint. */
  readonly services: readonly AwsService[]
  /** Who may sign. A function is asked at each request, so that identities can come and go. */
  readonly identities: readonly AwsIdentity[] | ((accessKeyId: string) => AwsIdentity | undefined)
  /** Added to the endpoint's clock: 600 makes every client look 10 minutes slow. Default 0. */
  readonly clockOffsetSeconds?: number
  /** How far a signature's time may be from the clock. Default 300, as on AWS. */
  readonly maxClockSkewSeconds?: number
  /**
   * Base URLs of servers that serve whole services, by the name in a signature's scope, such as `s3`. They get the requests
   * as they are, unverified. Default: none.
   */
  readonly relays?: Readonly<Record<string, string>>
  /** Default: a free one. */
  readonly port?: number | undefined
}

/** An endpoint may live for days. */
const keptRequests = 10_000

/** A request as it was served; nothing of it is secret. */
export interface ServedRequest {
  readonly service: string
  readonly operation: string
  readonly status: number | 'disconnected'
  /** The refusal's name. */
  readonly fault?: string
  readonly accessKeyId?: string
}

export interface AwsEndpoint {
  /** To give to an AWS SDK as `endpoint`. */
  readonly url: string
  readonly region: string
  /** The requests so far, in order; of many the latest 10,000. */
  requests(): readonly ServedRequest[]
  /** Makes the next requests fail, whoever signed them. */
  injectFault(fault: InjectedFault, options?: InjectionOptions): void
  close(): Promise<void>
}

/**
 * AWS services on loopback, for the official SDKs to call: they speak the services' own protocols, and refuse what isn't
 * signed by a known identity for this region, service and time.
 */
export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const {
    services,
    identities,
    region = 'us-east-1',
    clockOffsetSeconds = 0,
    maxClockSkewSeconds = 300,
    relays = {},
    port,
  } = options
  const identityOf =
    typeof identities === 'function'
      ? identities
      : (accessKeyId: string) => identities.find((identity) => identity.accessKeyId === accessKeyId)
  const faults = new FaultQueue()
  const served: ServedRequest[] = []
  const note = (request: ServedRequest) => {
    served.push(request)
    if (served.length > keptRequests) served.shift()
  }

  const serve = async (request: HttpRequest): Promise<HttpAnswer | 'disconnect'> => {
    const nowMs = Date.now() + clockOffsetSeconds * 1_000
    const requestId = randomUUID()
    // Services have paths in common, such as those of tags. A wrong scope is told by the service that would have taken it.
    const able = services.filter((one) => one.route(request) !== undefined)
    const service = able.find(({ signingName }) => signingName === signedService(request)) ?? able[0]
    const operation = service?.route(request)
    if (service === undefined || operation === undefined) {
      note({ service: 'unknown', operation: `${request.method} ${request.path}`, status: 404 })
      const unknown = fault(
        'UnknownOperationException',
        404,
        `No service here has ${request.method} ${request.path}`,
      )
      return faultAnswer(restJson, unknown, requestId, nowMs)
    }
    const { protocol, signingName } = service
    const verdict = verifySignature(
      request,
      { region, service: signingName, nowMs, maxClockSkewSeconds },
      identityOf,
    )
    const identity = verdict.valid ? verdict.identity : undefined
    const record = (status: ServedRequest['status'], faultName?: string) =>
      note({
        service: signingName,
        operation: operation.name,
        status,
        ...(faultName === undefined ? {} : { fault: faultName }),
        ...(identity === undefined ? {} : { accessKeyId: identity.accessKeyId }),
      })
    const refuse = (refusal: AwsFault) => {
      record(refusal.status, refusal.name)
      return faultAnswer(protocol, refusal, requestId, nowMs)
    }
    const injected = faults.take(operation.name)
    if (injected === 'disconnect') {
      record('disconnected')
      return injected
    }
    if (injected !== undefined) return refuse(injected)
    const isUnsigned = !verdict.valid && verdict.kind === 'missing' && operation.allowsUnsigned === true
    if (!verdict.valid && !isUnsigned) return refuse(protocol.authFault(verdict.kind, verdict.message))
    const outcome = await operation.run({ request, identity, nowMs }).catch(internalFault)
    if (outcome.kind === 'fault') return refuse(outcome)
    record(200)
    return {
      status: 200,
      headers: headersOf(protocol, requestId, nowMs),
      body: protocol.result(operation.name, outcome.body, requestId),
    }
  }

  const takeOver = (head: HttpRequestHead) => {
    const service = signedService(head)
    const baseUrl = service === undefined ? undefined : relays[service]
    if (service === undefined || baseUrl === undefined) return undefined
    // S3's operations have no name in their requests.
    const operation = head.headers['x-amz-target']?.split('.').at(-1) ?? head.method
    return async (incoming: IncomingMessage, response: ServerResponse) => {
      const injected = faults.take(operation)
      if (injected === 'disconnect') {
        note({ service, operation, status: 'disconnected' })
        incoming.socket.destroy()
      } else if (injected !== undefined) {
        const { status, name } = injected
        note({ service, operation, status, fault: name })
        const answer = faultAnswer(service === 's3' ? s3Faults : restJson, injected, randomUUID(), Date.now())
        // The body is not wanted any more.
        incoming.resume()
        response.writeHead(status, answer.headers).end(head.method === 'HEAD' ? '' : answer.body)
      } else {
        note({ service, operation, status: await relay(incoming, response, baseUrl) })
      }
    }
  }

  const server = await startLoopbackServer(serve, { port, takeOver })
  return {
    url: server.url,
    region,
    requests: () => [...served],
    injectFault: (injected, injectionOptions) => faults.inject(injected, injectionOptions),
    close: () => server.close(),
  }
}

function faultAnswer(protocol: AwsProtocol, refusal: AwsFault, requestId: string, nowMs: number): HttpAnswer {
  return {
    status: refusal.status,
    headers: {
      ...headersOf(protocol, requestId, nowMs),
      ...protocol.faultHeaders(refusal),
      ...refusal.headers,
    },
    body: protocol.fault(refusal, requestId),
  }
}

// SDKs read the service's clock from Date, and correct their signatures by it.
function headersOf(protocol: AwsProtocol, requestId: string, nowMs: number): Record<string, string> {
  return {
    'content-type': protocol.contentType,
    'x-amzn-requestid': requestId,
    date: new Date(nowMs).toUTCString(),
  }
}

/** A defect of the endpoint must look like one, not like a client's mistake. */
function internalFault(thrown: unknown): AwsFault {
  const text = TidewaterError.isInstance(thrown) ? `${thrown.code}: ${thrown.message}` : String(thrown)
  return fault('InternalServerErrorException', 500, text)
}
