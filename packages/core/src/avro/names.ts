/**
 * Full names as the Avro specification 1.11, "Names", defines them: a dotted name is already full, any other takes the
 * declared namespace, else the enclosing one; the null namespace is the empty string.
 */
export function fullNameOf(name: string, enclosingNamespace: string, declaredNamespace?: string): string {
  if (name.includes('.')) return name
  const namespace = declaredNamespace ?? enclosingNamespace
  return namespace === '' ? name : `${namespace}.${name}`
}

/** The namespace that a named type gives to the names inside it. */
export function namespaceOf(fullName: string): string {
  const lastDot = fullName.lastIndexOf('.')
  return lastDot < 0 ? '' : fullName.slice(0, lastDot)
}

export function isValidFullName(name: string): boolean {
  return name.split('.').every(isValidSimpleName)
}

export function isValidSimpleName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
}
