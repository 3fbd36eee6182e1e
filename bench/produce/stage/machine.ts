import { readdir } from 'node:fs/promises'
import { cpus, release, type as systemType, totalmem } from 'node:os'
import { prepareToolchain } from '@tidewater/testkit'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  readonly kafka: string
}

export async function describeMachine(): Promise<Machine> {
  const { kafkaJarsFolder = '' } = await prepareToolchain({ parts: ['kafka'] })
  const jars = (await readdir(kafkaJarsFolder)).join('\n')
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${systemType()} ${release()}`,
    node: process.version,
    kafka: /^kafka-clients-(.+)\.jar$/m.exec(jars)?.[1] ?? 'unknown',
  }
}
