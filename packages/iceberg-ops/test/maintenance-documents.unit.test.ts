import { readdirSync, readFileSync } from 'node:fs'
import { TidewaterError } from '@tidewater/core'
import { describe, expect, it } from 'vitest'
import { validateMaintenancePlan } from '../src/index.js'

// The same documents go through fastjsonschema in spark/tests.
const documents = new URL('../../../spark/tests/documents/', import.meta.url)

function fixtures(kind: 'valid' | 'invalid'): [string, { path: string; document: unknown }][] {
  const names = readdirSync(new URL(kind, documents)).filter((name) => name.startsWith('maintenance-'))
  return names.map((name) => [name, JSON.parse(readFileSync(new URL(`${kind}/${name}`, documents), 'utf8'))])
}

describe('validateMaintenancePlan', () => {
  it.each(fixtures('valid'))('accepts %s', (_, document) => {
    expect(() => validateMaintenancePlan('document' in document ? document.document : document)).not.toThrow()
  })

  it.each(fixtures('invalid'))('refuses %s and names the place', (_, { path, document }) => {
    let thrown: unknown
    try {
      validateMaintenancePlan(document)
    } catch (error) {
      thrown = error
    }
    expect(TidewaterError.isInstance(thrown)).toBe(true)
    const { code, details } = thrown as TidewaterError
    expect(code).toBe('PLAN_INVALID')
    const named = (details.problems as { path: string }[]).map((problem) => problem.path)
    expect(named.filter((place) => isSamePlace(place, path))).not.toEqual([])
  })
})

// A missing or unknown field is named by itself here and by its object in Python; a value that fits none of several
// forms is named as a whole here.
function isSamePlace(named: string, path: string): boolean {
  const parent = (place: string) => place.slice(0, place.lastIndexOf('/'))
  return named === path || parent(named) === path || named === parent(path)
}
