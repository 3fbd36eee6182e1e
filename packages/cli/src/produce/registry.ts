import { TidewaterError } from '@tidewater/core'
import { confluentRegistry, glueRegistry, type SchemaRegistry } from '@tidewater/producer'
import type { FleetRegistry } from '@tidewater/producer/fleet'
import { type BrokerOptions, plainConnection } from '../commands/connection.js'
import type { CliIo } from '../io.js'

export interface RegistryOptions extends BrokerOptions {
  /** URL of a registry with Confluent's API. */
  readonly registryUrl?: string | undefined
  /** Authenticate to it, with what the environment holds. */
  readonly registryAuth?: boolean | undefined
  /** Name of a registry of the AWS Glue Schema Registry. */
  readonly glueRegistry?: string | undefined
}

/** Where user and password are: an argument would be seen by everyone who may list processes. */
const credentialVariables = ['TIDEWATER_REGISTRY_USERNAME', 'TIDEWATER_REGISTRY_PASSWORD'] as const

/**
 * The registry that options stand for, in values that can be handed to a worker thread; undefined for none.
 *
 * @throws TidewaterError `USAGE` when a variable is missing, and what `plainConnection` throws
 */
export function plainRegistry(options: RegistryOptions, env: CliIo['env']): FleetRegistry | undefined {
  const { registryUrl: url, registryAuth, glueRegistry: registryName } = options
  if (registryName !== undefined) {
    // With IAM the registry is in the cluster's region.
    const region = plainConnection(options, env).auth?.region
    return { glue: { registryName, ...(region === undefined ? {} : { region }) } }
  }
  if (url === undefined) return undefined
  return { confluent: { url, ...(registryAuth ? { basicAuth: basicAuth(env) } : {}) } }
}

/** @throws TidewaterError as {@link plainRegistry}, and `CONFIG_INVALID` */
export function registryInput(options: RegistryOptions, env: CliIo['env']): SchemaRegistry | undefined {
  const plain = plainRegistry(options, env)
  if (plain === undefined) return undefined
  return plain.confluent === undefined ? glueRegistry(plain.glue) : confluentRegistry(plain.confluent)
}

function basicAuth(env: CliIo['env']): { username: string; password: string } {
  const [username, password] = credentialVariables.map((name) => {
    const value = env[name]
    if (value !== undefined && value !== '') return value
    throw new TidewaterError('USAGE', `--registry-auth needs ${name} in the environment`, {
      remedy: `Set ${credentialVariables.join(' and ')}, or leave --registry-auth out.`,
      details: { variable: name },
    })
  }) as [string, string]
  return { username, password }
}
