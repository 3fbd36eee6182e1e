import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from '../src/index.js'

let server: Server
let proxy: TcpProxy
const atTarget: Socket[] = []

beforeEach(async () => {
  // Answers what it is sent.
  server = createServer((socket) => {
    atTarget.push(socket)
    socket.on('error', () => {}).on('data', (chunk) => socket.write(chunk))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startTcpProxy(`127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterEach(async () => {
  await proxy.close()
  for (const socket of atTarget.splice(0)) socket.destroy()
  server.close()
})

/** A client that notes what it gets. */
async function dial() {
  const socket = connect(proxy.port, '127.0.0.1')
  const client = { socket, text: '', error: undefined as string | undefined, hasEnded: false }
  socket.on('data', (chunk) => {
    client.text += chunk.toString()
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    client.error = error.code
  })
  socket.on('end', () => {
    client.hasEnded = true
  })
  await new Promise((resolve) => socket.once('connect', resolve).once('error', resolve))
  return client
}

async function echoed(text: string) {
  const client = await dial()
  client.socket.write(text)
  await expect.poll(() => client.text).toBe(text)
  return client
}

test('passes both ways and counts connections and bytes', async () => {
  const first = await echoed('hello')
  await echoed('and more')
  expect(proxy).toMatchObject({ connections: 2, openConnections: 2, requestBytes: 13, responseBytes: 13 })
  first.socket.end()
  await expect.poll(() => proxy.openConnections).toBe(1)
  expect(first.error).toBeUndefined()
  expect(proxy.connections).toBe(2)
})

test('passes more than a socket holds at once', async () => {
  const text = 'x'.repeat(8_000_000)
  const client = await dial()
  client.socket.pause()
  client.socket.write(text)
  await expect.poll(() => proxy.requestBytes).toBeGreaterThan(0)
  client.socket.resume()
  await expect.poll(() => client.text.length, { timeout: 20_000 }).toBe(text.length)
})

test('cut resets every connection on both sides, and the next one is accepted', async () => {
  const clients = [await echoed('a'), await echoed('b')]
  const errors: unknown[] = []
  for (const socket of atTarget) socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code))
  proxy.cut()
  for (const client of clients) await expect.poll(() => client.error).toBe('ECONNRESET')
  await expect.poll(() => errors).toEqual(['ECONNRESET', 'ECONNRESET'])
  await echoed('c')
})

test('cutResponse cuts within the next response, and no other', async () => {
  const other = await echoed('other')
  const client = await echoed('first')
  const cut = proxy.cutResponse(7)
  client.socket.write('1234')
  await expect.poll(() => client.text).toBe('first1234')
  other.socket.write(' goes on')
  client.socket.write('5678')
  await cut
  await expect.poll(() => client.error).toBe('ECONNRESET')
  expect(client.text).toBe('first1234567')
  await expect.poll(() => other.text).toBe('other goes on')
  other.socket.write(', whole')
  await expect.poll(() => other.text).toBe('other goes on, whole')
})

test('a planned cut outlives a connection that ends before it', async () => {
  const early = await dial()
  const cut = proxy.cutResponse(3)
  early.socket.write('12')
  await expect.poll(() => early.text).toBe('12')
  early.socket.destroy()
  await expect.poll(() => proxy.openConnections).toBe(0)
  const client = await dial()
  client.socket.write('abcdef')
  await cut
  await expect.poll(() => client.error).toBe('ECONNRESET')
  expect(client.text).toBe('abc')
})

test('pause holds open connections and new ones; resume delivers what was held', async () => {
  const client = await echoed('a')
  proxy.pause()
  client.socket.write('b')
  const late = await dial()
  late.socket.write('c')
  await expect.poll(() => proxy.connections).toBe(2)
  // A round trip beside it takes longer than an answer through the proxy would have.
  const beside = connect((server.address() as AddressInfo).port, '127.0.0.1').end('beside')
  await once(beside, 'data')
  expect([client.text, late.text, client.error, client.hasEnded]).toEqual(['a', '', undefined, false])
  proxy.resume()
  await expect.poll(() => client.text).toBe('ab')
  await expect.poll(() => late.text).toBe('c')
})

test('refuse turns new connections away and leaves open ones; accept lets them in again', async () => {
  const client = await echoed('a')
  proxy.refuse()
  expect((await dial()).error).toBe('ECONNREFUSED')
  client.socket.write('b')
  await expect.poll(() => client.text).toBe('ab')
  await proxy.accept()
  await echoed('c')
})

test('a target that is gone is a connection that breaks', async () => {
  for (const socket of atTarget.splice(0)) socket.destroy()
  server.close()
  await once(server, 'close')
  const client = await dial()
  await expect.poll(() => client.error).toBe('ECONNRESET')
})

test('what is no address is refused', async () => {
  await expect(startTcpProxy('127.0.0.1')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
