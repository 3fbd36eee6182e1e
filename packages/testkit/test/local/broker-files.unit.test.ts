import { expect, test } from 'vitest'
import { renderJavaProperties } from '../../src/java-properties.js'
import {
  brokerJavaArguments,
  clusterIdFrom,
  clusterIdOf,
  portTaken,
  renderMetaProperties,
  renderServerProperties,
} from '../../src/local/broker-files.js'
import { type Listener, listenerRequests } from '../../src/local/listeners.js'

const listeners = listenerRequests({ brokerPort: 19092, controllerPort: 19093 }) as Listener[]
const plan = {
  nodeId: 1,
  kafkaVersion: '3.9',
  listeners,
  heapMb: 300,
  folder: '/state/broker',
  jarsFolder: '/cache/jars',
  jvmOptions: ['-XX:SharedArchiveFile=/cache/classes.jsa'],
} as const

test('every listener is on the loopback interface, and topics are not made by accident', () => {
  const lines = renderServerProperties(plan).split('\n')
  expect(lines).toContain('listeners=PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093')
  expect(lines).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:19092')
  expect(lines).toContain('controller.quorum.voters=1@127.0.0.1:19093')
  expect(lines).toContain('auto.create.topics.enable=false')
  expect(lines).toContain('log.dirs=/state/broker/data')
  expect(lines).toContain('listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT')
  expect(lines.filter((line) => /iam|sasl|ssl|authorizer/i.test(line))).toEqual([])
})

test('with IAM there is one listener more, by name, and nobody else may be a node of the cluster', () => {
  const iamPlan = {
    ...plan,
    listeners: listenerRequests({
      brokerPort: 19092,
      controllerPort: 19093,
      iam: { port: 19094 },
    }) as Listener[],
    iam: {
      configFile: '/state/iam/iam.json',
      keyStoreFile: '/state/iam/certificates/broker.p12',
      keyStorePassword: 'key-store-secret',
      jarsFolder: '/cache/plugin',
    },
  }
  const lines = renderServerProperties(iamPlan).split('\n')
  expect(lines).toContain(
    'listeners=PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093,IAM://127.0.0.1:19094',
  )
  expect(lines).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:19092,IAM://localhost:19094')
  expect(lines).toContain(
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,IAM:SASL_SSL',
  )
  expect(lines).toContain('inter.broker.listener.name=PLAINTEXT')
  expect(lines).toContain('tidewater.iam.config.file=/state/iam/iam.json')
  // Without a handler Kafka would accept tokens that anybody can write.
  for (const mechanism of ['aws_msk_iam', 'oauthbearer'])
    expect(lines).toContain(
      `listener.name.iam.${mechanism}.sasl.server.callback.handler.class=tidewater.mskiam.MskIamServerCallbackHandler`,
    )
  expect(brokerJavaArguments(iamPlan)).toContain('/cache/jars/*:/cache/plugin/*')
  expect(brokerJavaArguments(iamPlan).join(' ')).not.toContain('key-store-secret')
})

test('three brokers are three voters, and what one of them keeps the others keep too', () => {
  const ports = [19092, 19093, 29092, 29093, 39092, 39093]
  const cluster = listenerRequests({ brokers: 3 }).map((request, index) => ({
    ...request,
    port: ports[index] ?? 0,
  }))
  const lines = renderServerProperties({ ...plan, nodeId: 2, listeners: cluster }).split('\n')
  expect(lines).toContain('node.id=2')
  expect(lines).toContain('controller.quorum.voters=1@127.0.0.1:19093,2@127.0.0.1:29093,3@127.0.0.1:39093')
  expect(lines).toContain('listeners=PLAINTEXT://127.0.0.1:29092,CONTROLLER://127.0.0.1:29093')
  expect(lines).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:29092')
  for (const name of ['default', 'offsets.topic', 'transaction.state.log'])
    expect(lines).toContain(`${name}.replication.factor=3`)
  expect(lines).toContain('min.insync.replicas=2')
  expect(lines).toContain('transaction.state.log.min.isr=2')
})

test('heap, log configuration and class path reach Java', () => {
  expect(brokerJavaArguments(plan)).toEqual([
    '-Xmx300m',
    '-XX:SharedArchiveFile=/cache/classes.jsa',
    '-Djava.awt.headless=true',
    '-Dlog4j.configuration=file:///state/broker/log4j.properties',
    '-cp',
    '/cache/jars/*',
    'kafka.Kafka',
    '/state/broker/server.properties',
  ])
})

test('the cluster id survives its file', () => {
  const id = clusterIdFrom(new Uint8Array(16).fill(255))
  expect(id).toHaveLength(22)
  expect(clusterIdOf(renderMetaProperties(id, 1))).toBe(id)
  // As Kafka writes it back: in another order, with a date.
  expect(clusterIdOf(`#\n#Mon Nov 23 01:23:25 UTC 2026\nnode.id=1\nversion=1\ncluster.id=${id}\n`)).toBe(id)
  expect(clusterIdOf('version=1\n')).toBeUndefined()
})

test('a port that was taken is recognised', () => {
  expect(portTaken('x\nSocket server failed to bind to 127.0.0.1:9092: Address already in use.\n')).toBe(9092)
  expect(portTaken('Socket server failed to bind to 127.0.0.1:9092: Permission denied.')).toBeUndefined()
  expect(portTaken('Out of memory')).toBeUndefined()
})

test('values keep backslashes, blanks and letters beyond Latin-1', () => {
  expect(renderJavaProperties({ a: 'C:\\x', b: ' lead', c: 'größe 🙂', d: 1, e: false })).toBe(
    'a=C:\\\\x\nb=\\ lead\nc=gr\\u00f6\\u00dfe \\ud83d\\ude42\nd=1\ne=false\n',
  )
})
