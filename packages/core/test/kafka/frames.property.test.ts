import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader } from '../../src/kafka/drivers/frames.js'

function framed(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(body.length)
      return [size, body]
    }),
  )
}

const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 })

test('frames are the same however the bytes are cut', () => {
  fc.assert(
    fc.property(bodies, fc.infiniteStream(fc.oneof(fc.nat(5), fc.nat(120))), (expected, sizes) => {
      const stream = framed(expected)
      const reader = new FrameReader()
      const frames: Buffer[] = []
      for (let at = 0; at < stream.length; ) {
        const size = sizes.next().value as number
        // Memory of its own for each chunk, as from a socket.
        frames.push(...reader.take(Buffer.from(stream.subarray(at, at + size))))
        at += size
      }
      expect(frames.map((frame) => frame.subarray(4).toString('hex'))).toEqual(
        expected.map((body) => Buffer.from(body).toString('hex')),
      )
    }),
  )
})

test.each([-1, -4, -5, -0x80000000, 0x48545450])('a frame of %i bytes is refused at once', (size) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(size)
  const reader = new FrameReader()
  const whole = framed([Buffer.of(1, 2)])
  expect(() => reader.take(Buffer.concat([whole, bytes]))).toThrowError(RangeError)
})
