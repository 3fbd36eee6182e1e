import { type InspectOptions, inspect } from 'node:util'

/** The same object, whose secrets `console.log` and assertion messages show as `[hidden]`. */
export function hideSecrets<T extends object>(object: T, secrets: readonly (keyof T)[]): T {
  const shown = (_depth: number, options: InspectOptions) =>
    inspect({ ...object, ...Object.fromEntries(secrets.map((name) => [name, '[hidden]'])) }, options)
  // Not enumerable: a copy of the object shows what its maker wants.
  return Object.defineProperty(object, inspect.custom, { value: shown, enumerable: false })
}
