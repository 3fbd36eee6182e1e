import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { driverNames } from '@tidewater/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RealBroker } from './real-broker.js'

// Where `--import tsx` is resolved.
const workspace = fileURLToPath(new URL('../../..', import.meta.url))
const service = fileURLToPath(new URL('fixtures/drained-service.ts', import.meta.url))

let broker: RealBroker
beforeAll(() => {
  broker = new RealBroker()
})
afterAll(() => broker?.close())

describe.each(driverNames)('SIGTERM with the %s driver', (driver) => {
  test.each([
    [
      'delivers what is buffered and ends the process as the signal does',
      'no-listener',
      { code: null, signal: 'SIGTERM' },
    ],
    [
      "delivers what is buffered and leaves the end to the application's own listener",
      'own-listener',
      { code: 42, signal: null },
    ],
  ])('%s', async (_, listener, end) => {
    const topic = await broker.createTopic(2)
    const child = spawn(
      process.execPath,
      ['--conditions=@tidewater/source', '--import', 'tsx', service, driver, broker.brokers, topic, listener],
      { cwd: workspace, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    const exited = once(child, 'exit')
    try {
      await Promise.race([once(child.stdout, 'data'), exited])
      child.kill('SIGTERM')
      const [code, signal] = await exited
      expect(withoutKafkajsWarning(errors)).toBe('')
      expect({ code, signal }).toEqual(end)
    } finally {
      child.kill('SIGKILL')
    }
    const offsets = await broker.offsets(topic)
    expect(offsets.reduce((sum, { latest }) => sum + Number(latest), 0)).toBe(1_000)
  })
})

/** kafkajs 2.2.4 sets a timer in the past after each answer, which Node warns of from version 23 on, once a process. */
function withoutKafkajsWarning(errors: string): string {
  return errors.replace(
    /\(node:\d+\) TimeoutNegativeWarning: .*\n.*\n\(Use `node --trace-warnings[^\n]*\n/,
    '',
  )
}
