import { TidewaterError } from '../../src/errors.js'
import type { MskClient, MskOperation } from '../../src/msk/client.js'
import type { Clock } from '../../src/retry/run.js'

export interface ScriptedMsk extends MskClient {
  readonly calls: { readonly operation: MskOperation; readonly input: Record<string, unknown> }[]
}

type Answer = Record<string, unknown> | TidewaterError

/** A service that answers each operation with its next answer; the last one is repeated. */
export function scriptedMsk(answers: Partial<Record<MskOperation, readonly Answer[]>>): ScriptedMsk {
  const calls: ScriptedMsk['calls'] = []
  const given = new Map<MskOperation, number>()
  return {
    calls,
    call: async (operation, input) => {
      calls.push({ operation, input: input as Record<string, unknown> })
      const count = given.get(operation) ?? 0
      given.set(operation, count + 1)
      const script = answers[operation] ?? []
      const answer = script[Math.min(count, script.length - 1)]
      if (answer === undefined) throw new Error(`the script has no answer to ${operation}`)
      if (TidewaterError.isInstance(answer)) throw answer
      return answer as never
    },
    close: () => undefined,
  }
}

export interface FakeClock extends Clock {
  readonly sleeps: number[]
}

/** Time that passes only by sleeping. */
export function fakeClock(random = 0): FakeClock {
  let nowMs = 0
  const sleeps: number[] = []
  return {
    sleeps,
    nowMs: () => nowMs,
    sleep: async (delayMs, signal) => {
      if (signal?.aborted) throw new TidewaterError('ABORTED', 'aborted')
      sleeps.push(delayMs)
      nowMs += delayMs
    },
    random: () => random,
  }
}
