import { afterEach, expect, test, vi } from 'vitest'
import { type Drainable, drainOnSigterm } from '../src/shutdown.js'

/** Another listener, so that the signal is not raised again for real. */
const ownListener = () => {}
const leave: (() => void)[] = []

afterEach(() => {
  for (const undo of leave.splice(0)) undo()
  process.removeListener('SIGTERM', ownListener)
  vi.restoreAllMocks()
})

/** Counts its drains; leaves the registry after one when it closes by that. */
function drainable({ closes }: { closes: boolean }) {
  let undo: () => void = () => {}
  const producer = {
    drains: 0,
    async drain() {
      producer.drains++
      if (closes) undo()
    },
  }
  undo = drainOnSigterm(producer satisfies Drainable)
  leave.push(undo)
  return producer
}

const settled = () => new Promise(setImmediate)

test('a producer that is left after a drain is found by the next signal', async () => {
  process.on('SIGTERM', ownListener)
  const [closing, staying] = [drainable({ closes: true }), drainable({ closes: false })]
  process.emit('SIGTERM')
  await settled()
  process.emit('SIGTERM')
  await settled()
  expect(closing.drains).toBe(1)
  expect(staying.drains).toBe(2)
})

test('a producer made while others drain is drained, too', async () => {
  process.on('SIGTERM', ownListener)
  let late: { drains: number } | undefined
  const undo = drainOnSigterm({
    async drain() {
      late ??= drainable({ closes: true })
      undo()
    },
  })
  leave.push(undo)
  process.emit('SIGTERM')
  await settled()
  expect(late?.drains).toBe(1)
  expect(process.listeners('SIGTERM')).toEqual([ownListener])
})

test('with no other listener the signal is raised again, once, and has its effect', async () => {
  const raised: unknown[] = []
  vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
    raised.push([pid, signal, process.listenerCount('SIGTERM')])
    return true
  })
  const producer = drainable({ closes: false })
  process.emit('SIGTERM')
  await settled()
  expect(producer.drains).toBe(1)
  expect(raised).toEqual([[process.pid, 'SIGTERM', 0]])
})
