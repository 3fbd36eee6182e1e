import { describe, expect, it } from 'vitest'
import { kafkaConnectionSchema } from '../../src/config/kafka.js'
import { parseConfig } from '../../src/config/parse.js'

const parse = (input: unknown) => parseConfig(kafkaConnectionSchema, input, 'Kafka connection')

describe('kafkaConnectionSchema', () => {
  it('splits a comma-separated broker list and fills in the defaults', () => {
    expect(parse({ brokers: 'a:9092, [::1]:9094' })).toEqual({
      brokers: ['a:9092', '[::1]:9094'],
      clientId: 'tidewater',
      connectTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
    })
  })

  it('freezes the configuration', () => {
    expect(Object.isFrozen(parse({ brokers: 'a:1' }))).toBe(true)
  })

  it.each([
    ['a broker without a port', { brokers: 'a' }, /brokers\.0: must be host:port, got "a"/],
    ['a port out of range', { brokers: 'a:70000' }, /port must be between 1 and 65535, got "a:70000"/],
    ['no broker', { brokers: [] }, /brokers: at least one broker is needed/],
    ['an unknown option', { brokers: 'a:1', clientID: 'x' }, /clientID/],
    [
      'a time-out under its bound',
      { brokers: 'a:1', connectTimeoutMs: 5 },
      /connectTimeoutMs: .*100.*, got 5/,
    ],
  ])('refuses %s, naming it', (_, input, message) => {
    expect(() => parse(input)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    )
  })
})
