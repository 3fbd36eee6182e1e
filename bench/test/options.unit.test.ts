import { describe, expect, it } from 'vitest'
import { readOptions } from '../produce/options.js'

const defaults = { records: 10, rounds: 5, jsonFile: 'default.json' }
const read = (...args: string[]) => readOptions(args, ['kafkajs', 'java'], defaults)

describe('readOptions', () => {
  it('has defaults: everybody, no file', () => {
    expect(read()).toMatchObject({ records: 10, rounds: 5, only: undefined, jsonFile: undefined })
  })
  it('takes --json with and without its file, wherever it stands', () => {
    expect(read('--json').jsonFile).toBe('default.json')
    expect(read('--json', '--rounds', '2')).toMatchObject({ jsonFile: 'default.json', rounds: 2 })
    expect(read('--json', 'mine.json', '--rounds', '2')).toMatchObject({ jsonFile: 'mine.json', rounds: 2 })
    expect(read('--json=mine.json').jsonFile).toBe('mine.json')
  })
  it('takes some of the contenders', () => {
    expect(read('--only', 'java, kafkajs').only).toEqual(['java', 'kafkajs'])
  })
  it.each([
    [['--only', 'java,perl'], 'perl'],
    [['--rounds', '0'], '--rounds is 0'],
    [['--records', '1e400'], '--records is 1e400'],
    [['--record', '5'], '--record'],
  ])('refuses %j by name', (args, named) => {
    expect(() => read(...args)).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(() => read(...args)).toThrow(named)
  })
})
