import { describe, expect, it } from 'vitest'
import { isInWindow, type MaintenanceRule, parsePolicy, ruleFor } from '../../src/index.js'

const policy = parsePolicy({
  version: 1,
  rules: [
    { tables: ['*'] },
    { tables: ['web.*', '*.clicks'], priority: 1 },
    { tables: ['web.clicks_*_raw'], priority: 2, operations: { rewriteDataFiles: false } },
    { tables: ['web.later'], priority: 1 },
  ],
})
const ruleOf = (table: string) => policy.rules.indexOf(ruleFor(policy, table) as MaintenanceRule)

describe('a policy', () => {
  it.each([
    ['other.t', 0],
    ['web.t', 1],
    ['app.clicks', 1],
    ['web.clicks_eu_raw', 2],
    ['web.clicks_raw', 1],
    ['web.later', 1],
  ])('has for %s the rule of the highest priority, the first of equals', (table, rule) => {
    expect(ruleOf(table)).toBe(rule)
  })

  it('has no rule for what no pattern names', () => {
    expect(ruleFor(parsePolicy({ version: 1, rules: [{ tables: ['a.*b*'] }] }), 'a.cd')).toBeUndefined()
    expect(ruleFor(parsePolicy({ version: 1, rules: [{ tables: ['ab*ba'] }] }), 'aba')).toBeUndefined()
  })

  it('fills in the defaults of what is left out, and keeps what is off', () => {
    const rule = policy.rules[2]
    expect(rule?.operations.rewriteDataFiles).toBe(false)
    expect(rule?.operations.expireSnapshots).toEqual({
      maxAgeHours: 120,
      retainLast: 1,
      protectStreamsForHours: 168,
    })
    expect(rule?.thresholds.smallFileRatio).toEqual({ warning: 0.3, error: 0.6 })
    expect(policy.budget).toEqual({ maxBytes: 2 ** 40, maxTables: 100 })
  })

  it.each([
    ['no rules', { version: 1, rules: [] }],
    ['another version', { version: 2, rules: [{ tables: ['*'] }] }],
    ['a word that is not known', { version: 1, rules: [{ tables: ['*'], prio: 1 }] }],
    [
      'orphans under a day old',
      { version: 1, rules: [{ tables: ['*'], operations: { removeOrphanFiles: { minAgeHours: 23 } } }] },
    ],
    [
      'an operation that is true',
      { version: 1, rules: [{ tables: ['*'], operations: { expireSnapshots: true } }] },
    ],
    [
      'a time that is none',
      { version: 1, rules: [{ tables: ['*'], windows: [{ from: '24:00', to: '1:00' }] }] },
    ],
    ['text', 'rules'],
  ])('with %s is refused', (_, wrong) => {
    expect(() => parsePolicy(wrong)).toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

describe('a window', () => {
  const rule = parsePolicy({
    version: 1,
    rules: [{ tables: ['*'], windows: [{ days: ['sat'], from: '22:30', to: '02:00' }] }],
  }).rules[0] as MaintenanceRule
  // 31 January 2026 is a Saturday.
  it.each([
    ['2026-01-31T22:29:59Z', false],
    ['2026-01-31T22:30:00Z', true],
    ['2026-02-01T01:59:59Z', true],
    ['2026-02-01T02:00:00Z', false],
    ['2026-01-31T01:00:00Z', false],
    ['2026-02-01T23:00:00Z', false],
  ])('over midnight is open at %s: %s', (at, isOpen) => {
    expect(isInWindow(rule, Date.parse(at))).toBe(isOpen)
  })

  it('within a day, and none at all', () => {
    const daily = { ...rule, windows: [{ days: ['fri' as const], from: '08:00', to: '09:00' }] }
    expect(isInWindow(daily, Date.parse('2026-01-30T08:30:00Z'))).toBe(true)
    expect(isInWindow(daily, Date.parse('2026-01-31T08:30:00Z'))).toBe(false)
    expect(isInWindow({ ...rule, windows: [] }, 0)).toBe(true)
  })
})
