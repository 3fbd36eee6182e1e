import { TidewaterError } from '@tidewater/core'

/** What the registry was asked about, for its errors. */
export interface GlueSubject {
  readonly registryName: string
  readonly schemaName: string
  readonly register: boolean
}

/** The parts of an answer about a schema version that decide. */
export interface GlueVersion {
  readonly SchemaVersionId?: string | undefined
  readonly Status?: string | undefined
}

/**
 * The version's UUID.
 *
 * @throws TidewaterError `SCHEMA_NOT_REGISTERED` for a version that is not available, retryable while it is being checked
 */
export function requireAvailable(
  { SchemaVersionId: id, Status: status }: GlueVersion,
  subject: GlueSubject,
): string {
  if (id !== undefined && status === 'AVAILABLE') return id
  const isPending = status === 'PENDING'
  throw new TidewaterError(
    'SCHEMA_NOT_REGISTERED',
    `Version ${id} of ${nameOf(subject)} is not available: its status is ${status}`,
    {
      retryable: isPending,
      remedy: isPending
        ? 'Its compatibility is still being checked: try again later.'
        : 'Change the schema so that it is compatible with the versions before it, or use another schema name.',
      details: { ...subject, schemaVersionId: id ?? null, status: status ?? null },
    },
  )
}

/** @param cause the service's EntityNotFoundException, which names neither remedy nor always the registry */
export function schemaMissing(subject: GlueSubject, cause: unknown): TidewaterError {
  const { registryName, schemaName, register } = subject
  return new TidewaterError(
    'SCHEMA_NOT_REGISTERED',
    register
      ? `There is no registry ${registryName} to register schema ${schemaName} in`
      : `${nameOf(subject)} is not there, or has no version with this definition`,
    {
      remedy: register
        ? `Create registry ${registryName}, or correct its name and the region.`
        : 'Register the schema first, or let the producer do it: register: true.',
      details: { ...subject },
      cause,
    },
  )
}

function nameOf({ registryName, schemaName }: GlueSubject): string {
  return `schema ${schemaName} in registry ${registryName}`
}
