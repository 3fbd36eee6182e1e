import { copyFile, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { sparkPackageFolder } from '../package-folders.js'
import { ensureCacheEntry } from './cache-entry.js'
import { cacheKey } from './cache-folder.js'
import type { ToolchainOptions } from './jars.js'
import type { ToolProbe } from './prerequisites.mjs'
import { runTool } from './run-tool.js'
import { readPipLine } from './tool-output.js'

const title = 'Python environment'

/**
 * The Python of a virtual environment that holds what a requirements file names. Made the first time through pip, so that
 * pip's own index and proxy settings apply; kept in the cache by the content of the requirements and the version of Python.
 *
 * @param systemPython what `requirePrerequisites` found
 * @param requirements file for pip. Default: that of @tidewater/spark, PySpark among it
 * @returns path of the environment's `python`; use it as `python -m …`
 * @throws TidewaterError `DOWNLOAD_FAILED`, `FOLDER_NOT_WRITABLE`, `ABORTED`
 */
export async function ensurePythonEnvironment(
  systemPython: ToolProbe,
  options: ToolchainOptions,
  requirements: string = sparkRequirements(),
): Promise<string> {
  const entry = {
    cacheFolder: options.cacheFolder,
    kind: 'python',
    key: cacheKey(basename(dirname(requirements)), [
      await readFile(requirements, 'utf8'),
      systemPython.version ?? '',
    ]),
  }
  const folder = await ensureCacheEntry(
    entry,
    (into) => makeEnvironment(systemPython.command ?? 'python3', requirements, into, options),
    {
      signal: options.signal,
      onWait: (pid) => report(options, 'running', `waiting for process ${pid}, which is making it`),
    },
  )
  return join(folder, 'bin', 'python')
}

function sparkRequirements(): string {
  return join(sparkPackageFolder(), 'requirements.txt')
}

async function makeEnvironment(
  systemPython: string,
  requirements: string,
  folder: string,
  options: ToolchainOptions,
): Promise<void> {
  const common = {
    cwd: folder,
    env: options.env,
    logFile: join(folder, 'install.log'),
    signal: options.signal,
    explain: (lines: readonly string[]) => lines.slice(-12).join('\n'),
  }
  report(options, 'started', 'creating it')
  await runTool({
    ...common,
    name: 'Python venv',
    command: systemPython,
    args: ['-I', '-m', 'venv', folder],
    onLine: () => {},
  })
  // Says in the cache what the environment was made from.
  await copyFile(requirements, join(folder, 'requirements.txt'))
  await runTool({
    ...common,
    name: 'pip',
    command: join(folder, 'bin', 'python'),
    args: [
      // Isolated from the user's PYTHON… variables; unbuffered, so that progress arrives when it is made.
      '-I',
      '-u',
      '-m',
      'pip',
      'install',
      '--disable-pip-version-check',
      '--no-input',
      '--progress-bar=off',
      '--requirement',
      requirements,
    ],
    onLine: (line) => {
      const progress = readPipLine(line)
      if (progress !== undefined) report(options, 'running', progress)
    },
  })
  report(options, 'done', 'in place')
}

function report(options: ToolchainOptions, state: 'started' | 'running' | 'done', text: string): void {
  options.onProgress?.(`${title}: ${text}`, { step: 'python', state })
}
