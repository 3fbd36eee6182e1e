/**
 * A file in the format of java.util.Properties, which is read as Latin-1: anything else has to be escaped, and so do
 * backslashes and a leading blank of a value.
 */
export function renderJavaProperties(values: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${escapeValue(String(value))}\n`)
    .join('')
}

function escapeValue(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replace(/^ /, '\\ ')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
