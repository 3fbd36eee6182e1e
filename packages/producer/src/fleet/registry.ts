import { type ConfluentRegistryOptions, confluentRegistry } from '../registry/confluent-registry.js'
import type { RecordFraming, SchemaRegistry } from '../registry/framing.js'
import { type GlueRegistryOptions, glueRegistry } from '../registry/glue-registry.js'

/** A registry in plain values, which a worker thread can be given: the options of `confluentRegistry()` or `glueRegistry()`. */
export type FleetRegistry =
  | { readonly confluent: ConfluentRegistryOptions; readonly glue?: never }
  | { readonly glue: GlueRegistryOptions; readonly confluent?: never }

/** @throws TidewaterError `CONFIG_INVALID` */
export function registryOf({ confluent, glue }: FleetRegistry): SchemaRegistry {
  return confluent === undefined ? glueRegistry(glue) : confluentRegistry(confluent)
}

/** Asks for all workers of a thread together, which have schema and topic in common; again after a failure. */
export function askedOnce(registry: SchemaRegistry): SchemaRegistry {
  let asked: Promise<RecordFraming> | undefined
  return {
    framing: (schema, topic, signal) => {
      asked ??= registry.framing(schema, topic, signal).catch((error) => {
        asked = undefined
        throw error
      })
      return asked
    },
  }
}
