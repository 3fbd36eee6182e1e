import type { HttpRequest } from './loopback-server.js'

/** Who signs requests. The local broker's IAM file has its identities in this form too. */
export interface AwsIdentity {
  readonly arn: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
  /** ISO instant at which temporary credentials end. */
  readonly expiresAt?: string
}

/** What a service answers when it refuses. */
export interface AwsFault {
  readonly kind: 'fault'
  /** The service's name for it, such as `NotFoundException`. */
  readonly name: string
  readonly status: number
  readonly message: string
  /** Further fields of the body, such as `invalidParameter`. */
  readonly fields?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export interface AwsResult {
  readonly kind: 'result'
  /** JSON object or, for a query protocol, the XML of the result's element. */
  readonly body: unknown
}

export type AwsOutcome = AwsResult | AwsFault

export interface AwsCall {
  readonly request: HttpRequest
  /** Who signed the request; undefined for operations that take unsigned ones. */
  readonly identity: AwsIdentity | undefined
  /** The endpoint's clock. */
  readonly nowMs: number
}

export interface AwsOperation {
  readonly name: string
  /** Whether a request without a signature is served. Default false. */
  readonly allowsUnsigned?: boolean
  run(call: AwsCall): Promise<AwsOutcome>
}

/** Why a request isn't accepted, whatever it asks for. */
export type AuthFaultKind = 'missing' | 'malformed' | 'unknown-key' | 'wrong-signature' | 'expired-token'

/** How a service's protocol writes its answers. */
export interface AwsProtocol {
  readonly contentType: string
  result(operation: string, body: unknown, requestId: string): string
  fault(fault: AwsFault, requestId: string): string
  /** Headers of a refusal besides the content type. */
  faultHeaders(fault: AwsFault): Readonly<Record<string, string>>
  authFault(kind: AuthFaultKind, message: string): AwsFault
}

/** One service of the endpoint: one file each. */
export interface AwsService {
  /** The service's name in a signature's scope, such as `kafka`. */
  readonly signingName: string
  readonly protocol: AwsProtocol
  /** The operation that a request is for; undefined when it is another service's. */
  route(request: HttpRequest): AwsOperation | undefined
}

export function result(body: unknown): AwsResult {
  return { kind: 'result', body }
}

export function fault(
  name: string,
  status: number,
  message: string,
  extra: Pick<AwsFault, 'fields' | 'headers'> = {},
): AwsFault {
  return { kind: 'fault', name, status, message, ...extra }
}
