import { describe, expect, it } from 'vitest'
import { messageOf, TidewaterError, toTidewaterError } from '../src/errors.js'

describe('TidewaterError', () => {
  it('is recognised across copies of the package by its brand, not by its class', () => {
    const fromAnotherCopy = Object.assign(new Error('x'), { code: 'INTERNAL' })
    Object.defineProperty(fromAnotherCopy, Symbol.for('tidewater.error'), { value: true })
    expect(TidewaterError.isInstance(fromAnotherCopy)).toBe(true)
    expect(TidewaterError.isInstance(new Error('x'))).toBe(false)
    expect(TidewaterError.isInstance(undefined)).toBe(false)
  })

  it('prints code, message, remedy and the message of its cause, and nothing else of the cause', () => {
    const cause = Object.assign(new Error('refused'), { password: 'secret' })
    const error = new TidewaterError('BROKER_UNREACHABLE', 'No answer', {
      retryable: true,
      remedy: 'Start it.',
      cause,
    })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'BROKER_UNREACHABLE',
      message: 'No answer',
      retryable: true,
      remedy: 'Start it.',
      cause: 'refused',
    })
  })

  it('passes itself through and wraps what is foreign', () => {
    const own = new TidewaterError('USAGE', 'wrong')
    expect(toTidewaterError(own)).toBe(own)
    const wrapped = toTidewaterError(new TypeError('bad'), 'JOB_FAILED')
    expect(wrapped).toMatchObject({ code: 'JOB_FAILED', message: 'bad', retryable: false })
    expect(messageOf(42)).toBe('42')
  })
})
