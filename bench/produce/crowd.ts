import { mskIam } from '@tidewater/core'
import { createProducer } from '@tidewater/producer'
import { netflowSchema } from '@tidewater/producer/sample'
import type { LocalIamStack } from '@tidewater/testkit'

export interface Crowd {
  readonly producers: number
  readonly seconds: number
  readonly authentications: number
  readonly refused: number
}

const producers = 100

/** Producers that all connect at once through TLS and IAM, where a broker takes 100 new connections a second. */
export async function connectCrowd({ iam }: LocalIamStack, topic: string): Promise<Crowd> {
  const auth = mskIam({ region: iam.region, credentials: iam })
  const before = (await iam.decisions()).length
  const startedAtMs = performance.now()
  const crowd = await Promise.all(
    Array.from({ length: producers }, (_, index) =>
      createProducer({
        brokers: iam.bootstrapBrokers,
        tls: { caFile: iam.caFile },
        auth,
        topic,
        schema: netflowSchema,
        clientId: `crowd-${index}`,
      }),
    ),
  )
  const seconds = (performance.now() - startedAtMs) / 1_000
  const since = (await iam.decisions()).slice(before).filter(({ kind }) => kind !== 'authorization')
  await Promise.all(crowd.map((producer) => producer.close()))
  return {
    producers,
    seconds,
    authentications: since.length,
    refused: since.filter(({ result }) => result === 'denied').length,
  }
}
