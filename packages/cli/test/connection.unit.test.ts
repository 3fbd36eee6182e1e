import { describe, expect, it } from 'vitest'
import { connectionInput, jobConnection } from '../src/commands/connection.js'

const msk = 'b-1.demo.abc123.c2.kafka.eu-west-1.amazonaws.com:9098'
const usage = (message: RegExp) =>
  expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) })

describe('how a command reaches the brokers', () => {
  it('is plain text unless told otherwise', () => {
    expect(connectionInput({ broker: 'localhost:9092' }, {})).toEqual({ brokers: 'localhost:9092' })
  })

  it('takes the region from the brokers’ names before the environment’s', () => {
    const env = { AWS_REGION: 'us-east-1' }
    expect(connectionInput({ broker: msk, iam: true }, env).auth?.region).toBe('eu-west-1')
    expect(connectionInput({ broker: 'localhost:9098', iam: true }, env).auth?.region).toBe('us-east-1')
    expect(
      connectionInput({ broker: 'a:1', iam: true }, { AWS_DEFAULT_REGION: 'eu-west-2' }).auth?.region,
    ).toBe('eu-west-2')
    const told = { broker: 'localhost:9098', iam: true, region: 'ap-south-1' }
    expect(connectionInput(told, env).auth?.region).toBe('ap-south-1')
  })

  it('says which option is missing', () => {
    expect(() => connectionInput({ broker: 'localhost:9098', iam: true }, {})).toThrowError(usage(/region/))
    expect(() => connectionInput({ broker: 'localhost:9098', region: 'eu-west-1' }, {})).toThrowError(
      usage(/--region.*IAM/),
    )
    expect(() => connectionInput({ broker: 'localhost:9098', profile: 'dev' }, {})).toThrowError(
      usage(/--profile/),
    )
  })

  it('trusts the authority it is given', () => {
    expect(connectionInput({ broker: 'a:1', caFile: '/ca.pem' }, {}).tls).toEqual({ caFile: '/ca.pem' })
    expect(connectionInput({ broker: 'a:1', tls: true }, {}).tls).toBe(true)
  })
})

describe('how an audit reaches the brokers of a job', () => {
  const job = (auth: object) =>
    ({ source: { bootstrapBrokers: 'localhost:9098', topic: 't', auth } }) as Parameters<
      typeof jobConnection
    >[0]

  it('is the job’s own way', () => {
    expect(jobConnection(job({ type: 'none' }), {}).auth).toBeUndefined()
    const pem = { type: 'PEM', location: 'file:///etc/ca.pem' }
    const connection = jobConnection(job({ type: 'mskIam', region: 'us-east-1', trustStore: pem }), {})
    expect(connection.auth?.region).toBe('us-east-1')
    expect(connection.tls).toEqual({ caFile: '/etc/ca.pem' })
  })

  it('wants a PEM file where the job names a store of Java', () => {
    const trustStore = { type: 'JKS', location: '/trust.jks', passwordFile: '/password' }
    const auth = { type: 'mskIam', region: 'us-east-1', trustStore }
    expect(() => jobConnection(job(auth), {})).toThrowError(usage(/trust\.jks.*Java/))
    expect(jobConnection(job(auth), {}, '/ca.pem').tls).toEqual({ caFile: '/ca.pem' })
  })
})
