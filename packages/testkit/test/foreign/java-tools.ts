import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { clientsFolder, type ForeignToolchain } from './foreign-toolchain.js'

/** Kafka's command line tools by their classes, which is what its shell scripts start. */
export const kafkaTools = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  consoleProducer: 'kafka.tools.ConsoleProducer',
  consoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
} as const

/** What AWS's guide has people write into client.properties, for each of MSK's mechanisms. */
export const clientProperties = {
  awsMskIam: join(clientsFolder, 'client.properties'),
  oauthBearer: join(clientsFolder, 'client-oauthbearer.properties'),
} as const

export interface ToolCall {
  readonly tool: keyof typeof kafkaTools
  readonly args: readonly string[]
  /** Only these variables and PATH: no configuration of this machine's user gets in. */
  readonly env: Readonly<Record<string, string>>
  /** Default: the JVM trusts what it came with. */
  readonly trustStoreFile?: string | undefined
  readonly stdin?: Readable
}

export interface ToolAnswer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

// A tool that hangs is killed by it; nothing is judged by its length.
const hangTimeoutMs = 100_000

export function runKafkaTool(
  { javaCommand, jarsFolder }: ForeignToolchain,
  call: ToolCall,
): Promise<ToolAnswer> {
  const { PATH = '', JAVA_HOME } = process.env
  const jvm = [
    '-Xmx256m',
    // A tool lives for seconds: it is not worth optimizing.
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    `-Dlog4j.configuration=file:${join(clientsFolder, 'log4j.properties')}`,
    ...(call.trustStoreFile === undefined ? [] : [`-Djavax.net.ssl.trustStore=${call.trustStoreFile}`]),
  ]
  return new Promise((resolve) => {
    const child = execFile(
      javaCommand,
      [...jvm, '-cp', join(jarsFolder, '*'), kafkaTools[call.tool], ...call.args],
      {
        env: { PATH, ...(JAVA_HOME === undefined ? {} : { JAVA_HOME }), ...call.env },
        timeout: hangTimeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 16 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ exitCode, stdout, stderr })
      },
    )
    if (child.stdin === null) return
    // A tool that gave up reads no further; what it answered tells why.
    child.stdin.on('error', () => {})
    if (call.stdin === undefined) child.stdin.end()
    else call.stdin.pipe(child.stdin)
  })
}
