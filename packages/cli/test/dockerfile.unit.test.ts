// No engine builds the image here; what can be known of it without one is checked.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { produceManifest } from '../src/produce/k8s-job.js'
import { parseProduceOptions } from '../src/produce/produce-options.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (name: string) => readFileSync(`${root}${name}`, 'utf8')

interface Instruction {
  readonly name: string
  readonly words: readonly string[]
}

const stages = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line): Instruction => {
    const [name = '', ...words] = line.trim().split(/\s+/)
    return { name, words }
  })
  .reduce<Instruction[][]>((all, instruction) => {
    if (instruction.name === 'FROM') all.push([])
    all.at(-1)?.push(instruction)
    return all
  }, [])
const lastOf = (stage: readonly Instruction[] | undefined, name: string) =>
  stage?.findLast((instruction) => instruction.name === name)?.words

test('everything the image copies exists, and the build gets it', () => {
  const ignored = read('.dockerignore').split('\n')
  const sources = stages
    .flat()
    .filter(({ name, words }) => name === 'COPY' && !words.some((word) => word.startsWith('--from=')))
    .flatMap(({ words }) => words.slice(0, -1))
  expect(sources.length).toBeGreaterThan(0)
  for (const source of sources) {
    expect({ source, exists: existsSync(root + source) }).toEqual({ source, exists: true })
    expect(ignored).not.toContain(source)
  }
})

test('what comes from the build is copied from a stage there is', () => {
  const names = stages.map((stage) => stage[0]?.words[2])
  const from = stages.flat().flatMap(({ words }) => words.filter((word) => word.startsWith('--from=')))
  expect(from).toHaveLength(1)
  expect(names).toContain(from[0]?.slice('--from='.length))
})

test('it runs as the user the manifest names, which is not root', () => {
  const job = parse(
    produceManifest(
      parseProduceOptions({ topicName: 't', broker: 'b:1', manifest: 'k8s', image: 'i' }),
      'i',
      undefined,
    ),
  )
  const user = Number(lastOf(stages.at(-1), 'USER')?.[0])
  expect(user).toBeGreaterThan(0)
  expect(job.spec.template.spec.securityContext.runAsUser).toBe(user)
})

test('its Node is one that the packages take', () => {
  const [, ...least] = /^>=(\d+)\.(\d+)$/.exec(JSON.parse(read('package.json')).engines.node) ?? []
  const [leastMajor = Number.NaN, leastMinor = Number.NaN] = least.map(Number)
  for (const stage of stages) {
    const version = /^node:(\d+)(?:\.(\d+))?(?:\.\d+)?-/.exec(stage[0]?.words[0] ?? '')
    const major = Number(version?.[1])
    // A tag without a minor version is the newest of its major.
    const minor = Number(version?.[2] ?? Number.POSITIVE_INFINITY)
    expect(major > leastMajor || (major === leastMajor && minor >= leastMinor)).toBe(true)
  }
})

test('what it starts is what the package calls tidewater', () => {
  const entryPoint = JSON.parse(lastOf(stages.at(-1), 'ENTRYPOINT')?.join(' ') ?? '[]')
  const copied = lastOf(stages.at(-1), 'COPY')?.at(-1)
  const { bin } = JSON.parse(read('packages/cli/package.json'))
  expect(entryPoint).toEqual(['node', bin.tidewater.replace('.', copied)])
})
