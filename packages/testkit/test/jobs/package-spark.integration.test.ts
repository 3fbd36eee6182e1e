import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileStore } from '@tidewater/core/storage'
import { packageSpark, publishArtifact } from '@tidewater/emr'
import { describe, expect, it } from 'vitest'
import { preparePackaging } from '../../src/index.js'

describe('packageSpark', () => {
  it("makes an archive that Python's zipfile trusts, and which brings along what it needs beside PySpark", async () => {
    const packaging = await preparePackaging()
    const { python } = packaging
    const artifact = await packageSpark(packaging)
    expect((await packageSpark(packaging)).hash).toBe(artifact.hash)
    expect((await packageSpark({ python })).hash).not.toBe(artifact.hash)
    expect(artifact.files.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'fastjsonschema/__init__.py',
        'job.schema.json',
        'tidewater-avro-spark-3.5_2.12.jar',
        'tidewater_spark/kafka_to_iceberg.py',
        expect.stringMatching(/^fastjsonschema-.*LICENSE/),
      ]),
    )
    const folder = await mkdtemp(join(tmpdir(), 'tidewater-package-'))
    const { archive } = await publishArtifact(fileStore, folder, artifact)
    const run = promisify(execFile)
    await run(python, ['-m', 'zipfile', '-t', archive])
    // Without what is installed: all that reads a document comes out of the archive.
    const document = join(folder, 'job.json')
    await writeFile(document, '{}')
    const program = [
      'import sys',
      'from tidewater_spark import decoder_jar, document',
      'assert decoder_jar.packaged_jar().startswith(b"PK")',
      'document.load("job", sys.argv[1], 0.0)',
    ].join('\n')
    const refused = run(python, ['-S', '-c', program, document], {
      env: { ...process.env, PYTHONPATH: archive },
      cwd: folder,
    })
    await expect(refused).rejects.toMatchObject({
      stderr: expect.stringContaining('lacks the required field'),
    })
  })

  it('names a jar that is not there', async () => {
    const { python } = await preparePackaging()
    await expect(packageSpark({ python, decoderJar: '/no/such.jar' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { decoderJar: '/no/such.jar' },
    })
  })

  it('says what Python lacks', async () => {
    await expect(packageSpark({ python: 'no-such-python' })).rejects.toMatchObject({
      code: 'PREREQUISITE_MISSING',
      remedy: expect.stringContaining('pip install fastjsonschema'),
    })
  })
})
