import type { Type } from 'avsc'

// avsc drops the logical types it isn't given a class for, and a writer's type is compiled without any.
const stated = new WeakMap<Type, string>()

/** Remembers which logical type, by its signature, a writer's schema states for an avsc type. */
export function stateLogicalType(type: Type, signature: string): void {
  stated.set(type, signature)
}

export function statedLogicalType(type: Type): string | undefined {
  return stated.get(type)
}
