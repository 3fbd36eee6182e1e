import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileStore } from '@tidewater/core/storage'
import { packageSpark, publishArtifact } from '@tidewater/emr'
import { describe, expect, it } from 'vitest'
import { prepareToolchain } from '../../src/index.js'

describe('packageSpark', () => {
  it("makes an archive that Python's zipfile trusts, and which brings along what it needs beside PySpark", async () => {
    const { python = '' } = await prepareToolchain({ parts: ['spark'] })
    const artifact = await packageSpark({ python })
    expect((await packageSpark({ python })).hash).toBe(artifact.hash)
    expect(artifact.files.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'fastjsonschema/__init__.py',
        'job.schema.json',
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
    const program = 'import sys; from tidewater_spark import document; document.load("job", sys.argv[1], 0.0)'
    const refused = run(python, ['-S', '-c', program, document], {
      env: { ...process.env, PYTHONPATH: archive },
      cwd: folder,
    })
    await expect(refused).rejects.toMatchObject({
      stderr: expect.stringContaining('lacks the required field'),
    })
  })

  it('says what Python lacks', async () => {
    await expect(packageSpark({ python: 'no-such-python' })).rejects.toMatchObject({
      code: 'PREREQUISITE_MISSING',
      remedy: expect.stringContaining('pip install fastjsonschema'),
    })
  })
})
