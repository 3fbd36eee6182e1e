import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { preparePython, prepareToolchain, requirePrerequisites } from '@tidewater/testkit'
import { runCommand } from './command.js'
import { ensureDebianPackage } from './debian-package.js'

const clients = fileURLToPath(new URL('../clients', import.meta.url))

/** A client program's file. */
export function clientFile(name: string): string {
  return join(clients, name)
}

/** 1.x is the last that says it runs on Node 20; parts of it say otherwise, which pnpm takes at its word here and npm doesn't. */
export const platformaticVersion = '1.35.0'

export interface PeerOptions {
  /** For what is compiled or fetched here; removed at the end. */
  readonly work: string
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

/** What the peers need beyond this workspace: each made at its first use, so that one that can't be made fails alone. */
export function preparePeers({ work, signal, say }: PeerOptions) {
  return {
    /** The Python that has confluent-kafka, avro and fastavro. */
    python: once(() => preparePython(clientFile('requirements.txt'), { onProgress: say, signal })),

    /** The program over Debian's librdkafka. */
    librdkafka: once(async () => {
      await ensureDebianPackage('librdkafka-dev', { signal, say })
      const program = join(work, 'rdkafka_producer')
      const args = ['-O2', '-Wall', '-o', program, clientFile('rdkafka_producer.c'), '-lrdkafka']
      await runCommand({ program: 'cc', args }, signal)
      return program
    }),

    /** `java` and its class path: Kafka's own jars, those of the broker, and our program. */
    java: once(async () => {
      const tools = await requirePrerequisites(['java', 'javac'], process.env)
      const { kafkaJarsFolder } = await prepareToolchain({ parts: ['kafka'], onProgress: say, signal })
      const jars = join(kafkaJarsFolder ?? '', '*')
      const compile = ['-cp', jars, '-d', work, clientFile('JavaProducer.java')]
      await runCommand({ program: tools.javac?.command ?? 'javac', args: compile }, signal)
      return { program: tools.java?.command ?? 'java', classPath: `${jars}:${work}` }
    }),

    /** File that @platformatic/kafka is imported from. */
    platformatic: once(async () => {
      const name = '@platformatic/kafka'
      const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund']
      // `npm run` hands the workspace's settings on, and its engine-strict is what this has to do without.
      const settings = ['--engine-strict=false', '--loglevel=error']
      const args = ['install', ...options, ...settings, '--prefix', work, `${name}@${platformaticVersion}`]
      say(`npm install ${name}@${platformaticVersion}`)
      await runCommand({ program: 'npm', args }, signal)
      return createRequire(join(work, 'package.json')).resolve(name)
    }),
  }
}

export type Peers = ReturnType<typeof preparePeers>

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
