import { type ErrorCode, TidewaterError } from '@tidewater/core'

/** What the registry was asked, for its errors. */
export interface RegistryQuestion {
  readonly url: string
  readonly subject: string
  readonly schemaName: string
  readonly register: boolean
}

export interface RegisteredId {
  readonly id: number
  /** Only newer registries give it. */
  readonly guid?: string
}

/**
 * What an answer of a registry with Confluent's API means.
 *
 * @throws TidewaterError `AUTHENTICATION_FAILED`, `AUTHORIZATION_FAILED`, `SCHEMA_NOT_REGISTERED`, `SCHEMA_INVALID`, else
 * `REGISTRY_REQUEST_FAILED`, retryable when the registry may answer otherwise later
 */
export function readRegisteredId(status: number, text: string, question: RegistryQuestion): RegisteredId {
  const body = parseJson(text)
  if (status !== 200) throw refusal(status, body, question)
  const { id, guid } = body
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > maxId) {
    throw new TidewaterError(
      'REGISTRY_REQUEST_FAILED',
      `${askedFor(question)}: the answer from ${question.url} has no schema id`,
      { remedy: checkUrl, details: detailsOf(question, { status }) },
    )
  }
  return { id, ...(typeof guid === 'string' ? { guid } : {}) }
}

/** A registry that did not answer. */
export function unreachable(question: RegistryQuestion, reason: string, cause: unknown): TidewaterError {
  return new TidewaterError(
    'REGISTRY_REQUEST_FAILED',
    `${askedFor(question)}: ${question.url} doesn't answer: ${reason}`,
    {
      retryable: true,
      remedy: `Check that the registry runs and that this machine reaches ${question.url}.`,
      details: detailsOf(question),
      cause,
    },
  )
}

export function noGuid(question: RegistryQuestion): TidewaterError {
  return new TidewaterError(
    'REGISTRY_REQUEST_FAILED',
    `${askedFor(question)}: the registry at ${question.url} gives schemas no GUID, which the record header takes`,
    { remedy: "Use idIn: 'prefix', or a newer registry.", details: detailsOf(question) },
  )
}

const maxId = 2 ** 31 - 1

// Confluent's own numbers: subject not found, schema not found (in the subject), schema not valid.
const subjectNotFound = 40401
const schemaNotFound = 40403
const schemaNotValid = 42201

interface Refusal {
  readonly code: ErrorCode
  readonly remedy: string
  readonly retryable?: boolean
}

const checkUrl = "Check the url: it is the registry's address, with its path if it has one."

function refusal(status: number, body: Answer, question: RegistryQuestion): TidewaterError {
  const { code, remedy, retryable = false } = judge(status, body.error_code, question)
  const message = typeof body.message === 'string' ? body.message : 'no explanation'
  return new TidewaterError(code, `${askedFor(question)}: HTTP ${status}, ${message}`, {
    remedy,
    retryable,
    details: detailsOf(question, { status, errorCode: body.error_code ?? null }),
  })
}

function judge(status: number, errorCode: unknown, { subject, register }: RegistryQuestion): Refusal {
  if (status === 401)
    return { code: 'AUTHENTICATION_FAILED', remedy: 'Correct basicAuth, or the Authorization header.' }
  if (status === 403) {
    const right = register ? 'write' : 'read'
    return { code: 'AUTHORIZATION_FAILED', remedy: `Grant the user the right to ${right} ${subject}.` }
  }
  if (status === 404 && (errorCode === subjectNotFound || errorCode === schemaNotFound)) {
    return {
      code: 'SCHEMA_NOT_REGISTERED',
      remedy: `Register the schema under ${subject} first, or let the producer do it: register: true.`,
    }
  }
  if (status === 409) {
    return {
      code: 'SCHEMA_NOT_REGISTERED',
      remedy: `Change the schema so that it is compatible with the versions of ${subject}, or use another subject.`,
    }
  }
  if (status === 422 && errorCode === schemaNotValid)
    return { code: 'SCHEMA_INVALID', remedy: 'Correct what the message names.' }
  if (status === 429 || status >= 500)
    return { code: 'REGISTRY_REQUEST_FAILED', retryable: true, remedy: "Look into the registry's log." }
  return { code: 'REGISTRY_REQUEST_FAILED', remedy: checkUrl }
}

function askedFor({ register, schemaName, subject }: RegistryQuestion): string {
  return `${register ? 'Registering' : 'Looking up'} schema ${schemaName} under subject "${subject}"`
}

function detailsOf({ url, subject, schemaName }: RegistryQuestion, more: Record<string, unknown> = {}) {
  return { url, subject, schemaName, ...more }
}

type Answer = Readonly<Record<string, unknown>>

/** An object, empty when the text isn't one: a proxy's page of HTML, for instance. */
function parseJson(text: string): Answer {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? (body as Answer) : {}
  } catch {
    return {}
  }
}
