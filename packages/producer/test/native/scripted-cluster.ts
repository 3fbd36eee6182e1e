// Brokers that speak Kafka's wire format, each in the versions it is told to, over one log per partition.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { FrameReader } from '@tidewater/core/drivers'
import { onTestFinished } from 'vitest'
import { recordBatchHeaderBytes } from '../../src/batch/record-batch.js'
import { readRecords } from '../../src/batch/record-format.js'
import { Reader } from '../../src/native/wire/reader.js'
import { Writer } from '../../src/native/wire/writer.js'
import { ModelBroker } from './model-broker.js'

const key = { produce: 0, metadata: 3, findCoordinator: 10, apiVersions: 18, initProducerId: 22 }
const addPartitions = 24
const endTxn = 26
const unsupportedVersion = 35

/** What a broker was asked. */
export interface Asked {
  readonly nodeId: number
  readonly key: number
  readonly version: number
}

export class ScriptedBroker {
  /** By the request's key; what is not here is spoken in any version. */
  readonly maxVersions = new Map<number, number>()
  /** How a request in a version that it doesn't speak is met: as by a broker, or by a proxy that answers in its place. */
  refusesBy: 'closing' | 'answering' = 'closing'
  address = ''
  readonly #sockets = new Set<Socket>()

  constructor(
    readonly nodeId: number,
    private readonly cluster: ScriptedCluster,
  ) {}

  async start(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    onTestFinished(() => {
      this.dropConnections()
      server.close()
    })
  }

  get port(): number {
    return Number(this.address.split(':')[1])
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    const frames = new FrameReader()
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      for (const frame of frames.take(chunk)) {
        if (socket.destroyed) return
        const answer = this.#answer(frame)
        if (answer === undefined) socket.destroy()
        else socket.write(answer)
      }
    })
  }

  #answer(frame: Buffer): Buffer | undefined {
    const request = new Reader(frame, 4)
    const asked = { nodeId: this.nodeId, key: request.int16(), version: request.int16() }
    const correlationId = request.int32()
    request.plainString()
    request.end()
    this.cluster.asked.push(asked)
    const isSpoken = asked.version <= (this.maxVersions.get(asked.key) ?? Number.POSITIVE_INFINITY)
    if (!isSpoken && this.refusesBy === 'closing') return undefined
    const answer = new Writer().int32(0).int32(correlationId)
    if (asked.key !== key.apiVersions) answer.end()
    this.cluster.write(answer, asked, request, this, isSpoken ? 0 : unsupportedVersion)
    const { bytes } = answer
    bytes.writeInt32BE(bytes.length - 4, 0)
    return Buffer.from(bytes)
  }
}

export class ScriptedCluster {
  readonly asked: Asked[] = []
  readonly brokers: ScriptedBroker[]
  /** Level of `transaction.version`. */
  transactionVersion = 0
  /** What is left of producer ids in no log: the records of each partition, in their order. */
  readonly #logs = new Map<number, ModelBroker>()
  #epoch = 0

  private constructor(brokers: number) {
    this.brokers = Array.from({ length: brokers }, (_, index) => new ScriptedBroker(index + 1, this))
  }

  /** Partition n of topic `flows` is led by broker n + 1. */
  static async start(brokers: number): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster(brokers)
    await Promise.all(cluster.brokers.map((broker) => broker.start()))
    return cluster
  }

  get addresses(): string {
    return this.brokers.map(({ address }) => address).join(',')
  }

  log(partition: number): readonly number[] {
    return this.#log(partition).log
  }

  /** The versions in which a request was asked, one after the other, without repetitions. */
  versionsOf(name: keyof typeof key | 'addPartitions' | 'endTxn', nodeId?: number): number[] {
    const wanted = { ...key, addPartitions, endTxn }[name]
    return this.asked
      .filter((one) => one.key === wanted && (nodeId ?? one.nodeId) === one.nodeId)
      .map(({ version }) => version)
      .filter((version, index, all) => version !== all[index - 1])
  }

  write(answer: Writer, asked: Asked, request: Reader, broker: ScriptedBroker, errorCode: number): void {
    switch (asked.key) {
      case key.apiVersions:
        this.#writeVersions(answer, broker)
        break
      case key.metadata:
        this.#writeMetadata(answer)
        break
      case key.produce:
        this.#writeProduced(answer, request, errorCode)
        break
      case key.findCoordinator:
        answer.int32(0).int16(0).string(null).int32(1).string('127.0.0.1').int32(broker.port).end()
        break
      case key.initProducerId:
        answer.int32(0).int16(errorCode).int64(7n).int16(this.#epoch).end()
        break
      case addPartitions:
        this.#writeAdded(answer, request)
        break
      case endTxn:
        if (asked.version >= 5) this.#epoch++
        answer.int32(0).int16(errorCode)
        if (asked.version >= 5) answer.int64(7n).int16(this.#epoch)
        answer.end()
        break
      default:
        throw new TypeError(`request ${asked.key} has no script`)
    }
  }

  #log(partition: number): ModelBroker {
    const log = this.#logs.get(partition) ?? new ModelBroker()
    this.#logs.set(partition, log)
    return log
  }

  #writeVersions(answer: Writer, { maxVersions }: ScriptedBroker): void {
    const keys = [...Object.values(key), addPartitions, endTxn]
    answer.int16(0).array(keys, (one) =>
      answer
        .int16(one)
        .int16(0)
        .int16(maxVersions.get(one) ?? 12)
        .end(),
    )
    const level = this.transactionVersion
    const writer = new Writer()
    writer.array(['transaction.version'], (name) => writer.string(name).int16(level).int16(level).end())
    const features = writer.bytes
    answer.int32(0).unsignedVarint(1).unsignedVarint(2).unsignedVarint(features.length).raw(features)
  }

  #writeMetadata(answer: Writer): void {
    answer.int32(0).array(this.brokers, ({ nodeId, port }) => {
      answer.int32(nodeId).string('127.0.0.1').int32(port).string(null).end()
    })
    answer.string('cluster').int32(1)
    answer
      .array(['flows'], (topic) => {
        answer.int16(0).string(topic).boolean(false)
        answer.array(this.brokers, ({ nodeId }) => {
          answer
            .int16(0)
            .int32(nodeId - 1)
            .int32(nodeId)
            .int32(0)
          for (let list = 0; list < 3; list++) answer.array([nodeId], (replica) => answer.int32(replica))
          answer.end()
        })
        answer.int32(0).end()
      })
      .end()
  }

  #writeProduced(answer: Writer, request: Reader, errorCode: number): void {
    request.string()
    request.int16()
    request.int32()
    const topics = request.array(() => {
      const topic = request.string()
      const partitions = request.array(() => {
        const partition = request.int32()
        const bytes = request.compactBytes()
        request.end()
        return { partition, errorCode: errorCode === 0 ? this.#append(partition, bytes) : errorCode }
      })
      request.end()
      return { topic, partitions }
    })
    answer.array(topics, ({ topic, partitions }) => {
      answer.string(topic).array(partitions, (one) => {
        answer.int32(one.partition).int16(one.errorCode).int64(-1n).int64(-1n).int64(0n)
        answer
          .array([], () => {})
          .string(null)
          .end()
      })
      answer.end()
    })
    answer.int32(0).end()
  }

  #append(partition: number, bytes: Buffer): number {
    const count = bytes.readInt32BE(57)
    const records = [...readRecords(bytes.subarray(recordBatchHeaderBytes), count, 0)]
    return this.#log(partition).append({
      producerId: bytes.readBigInt64BE(43),
      epoch: bytes.readInt16BE(51),
      sequence: bytes.readInt32BE(53),
      records: records.map(({ value }) => Number(Buffer.from(value ?? []).toString())),
    })
  }

  #writeAdded(answer: Writer, request: Reader): void {
    request.string()
    request.int64()
    request.int16()
    const topics = request.array(() => {
      const topic = request.string()
      const partitions = request.array(() => request.int32())
      request.end()
      return { topic, partitions }
    })
    answer.int32(0).array(topics, ({ topic, partitions }) => {
      answer.string(topic).array(partitions, (partition) => answer.int32(partition).int16(0).end())
      answer.end()
    })
    answer.end()
  }
}
