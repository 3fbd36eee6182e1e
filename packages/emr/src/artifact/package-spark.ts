import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf, TidewaterError } from '@tidewater/core'
import { artifactOf, type SparkArtifact } from './artifact.js'
import type { ArchivedFile } from './zip.js'

export interface PackageSparkOptions {
  /** A Python that has `fastjsonschema`, the one package the job brings along. Default `python3`. */
  readonly python?: string
  /**
   * The compiled Avro decoder, built from `@tidewater/spark/jvm`: `tidewater-avro-spark-3.5_2.12.jar`. The job adds it to its session where
   * the class path doesn't have it. Default: none is brought along, and without one on the class path `from_avro` decodes.
   */
  readonly decoderJar?: string
}

/** As the job looks for it. */
const decoderName = 'tidewater-avro-spark-3.5_2.12.jar'

/**
 * Spark's side of a job: the package `tidewater_spark`, the schemas of its documents, `fastjsonschema` with its licence, and the
 * compiled decoder.
 *
 * @throws TidewaterError `PREREQUISITE_MISSING` when that Python or its package is absent, `CONFIG_INVALID` when the jar can't be read
 */
export async function packageSpark({
  python = 'python3',
  decoderJar,
}: PackageSparkOptions = {}): Promise<SparkArtifact> {
  const spark = dirname(createRequire(import.meta.url).resolve('@tidewater/spark/package.json'))
  const validator = await pythonPackageFolder(python, 'fastjsonschema')
  const beside = await readdir(dirname(validator))
  const licences = beside.filter((name) => /^fastjsonschema-.*\.dist-info$/.test(name))
  return artifactOf([
    ...(await filesOf(join(spark, 'tidewater_spark'), /\.py$/)),
    ...(await filesOf(validator, /\.py$/)),
    ...(
      await Promise.all(licences.map((name) => filesOf(join(dirname(validator), name), /(^|\/)LICEN[CS]E/)))
    ).flat(),
    ...(await schemasOf(spark)),
    ...(decoderJar === undefined ? [] : [await decoderFile(decoderJar)]),
  ])
}

async function decoderFile(path: string): Promise<ArchivedFile> {
  try {
    return { name: decoderName, bytes: await readFile(path) }
  } catch (cause) {
    throw new TidewaterError('CONFIG_INVALID', `The decoder's jar can't be read: ${messageOf(cause)}`, {
      remedy:
        'Name the jar that Maven builds of @tidewater/spark/jvm, or leave decoderJar out: from_avro decodes then.',
      details: { decoderJar: path },
      cause,
    })
  }
}

async function schemasOf(folder: string): Promise<ArchivedFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.schema.json'))
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })))
}

/** Files of a folder whose path matches, named from the folder's own name on. */
async function filesOf(folder: string, wanted: RegExp): Promise<ArchivedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    paths
      .filter((path) => wanted.test(path))
      .map(async (path) => ({
        name: `${basename(folder)}${path.slice(folder.length)}`,
        bytes: await readFile(path),
      })),
  )
}

async function pythonPackageFolder(python: string, name: string): Promise<string> {
  const program = `import os, ${name}; print(os.path.dirname(os.path.abspath(${name}.__file__)))`
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', program])
    return stdout.trim()
  } catch (cause) {
    throw new TidewaterError(
      'PREREQUISITE_MISSING',
      `${python} has no package ${name}: ${messageOf(cause).trim().split('\n').at(-1)}`,
      {
        remedy: `Run \`${python} -m pip install ${name}\`, or name another Python.`,
        details: { python, package: name },
        cause,
      },
    )
  }
}
