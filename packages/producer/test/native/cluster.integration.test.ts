// What a cluster's connections do with servers that are no brokers; with real ones, see the testkit's cluster faults.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { kafkaConnection } from '@tidewater/core'
import { expect, onTestFinished, test } from 'vitest'
import { Cluster } from '../../src/native/cluster.js'

/** A server that does this with each connection. */
async function server(onConnection: (socket: Socket) => void) {
  const sockets: Socket[] = []
  const listening = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    listening.close()
  })
  return { address: `127.0.0.1:${(listening.address() as AddressInfo).port}`, sockets }
}

test('what answers with something else than Kafka is told as unreachable, not thrown at the process', async () => {
  // A length of minus one, and one that is right with too little behind it.
  for (const bytes of ['ffffffff0000000000000000', '0000000100']) {
    const { address } = await server((socket) => void socket.write(Buffer.from(bytes, 'hex')))
    await expect(Cluster.open(kafkaConnection({ brokers: address }))).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
    })
  }
})

test('bootstrap brokers that accept connections and say nothing, or end them, are each asked once', async () => {
  const silent = await server(() => {})
  const closing = await server((socket) => socket.destroy())
  const brokers = [silent.address, closing.address]
  await expect(Cluster.open(kafkaConnection({ brokers, requestTimeoutMs: 300 }))).rejects.toMatchObject({
    code: 'BROKER_UNREACHABLE',
  })
  expect([silent.sockets.length, closing.sockets.length]).toEqual([1, 1])
})
