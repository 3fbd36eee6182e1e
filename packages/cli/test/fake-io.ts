import type { CliIo } from '../src/io.js'

export interface FakeIo extends CliIo {
  readonly out: () => string
  readonly err: () => string
  readonly abort: () => void
}

/** A world for commands: collects output; time stands still unless `nowMs` says otherwise. */
export function fakeIo(overrides: { isTty?: boolean; now?: () => number; cwd?: string } = {}): FakeIo {
  const controller = new AbortController()
  let out = ''
  let err = ''
  return {
    stdout: (text) => {
      out += text
    },
    stderr: (text) => {
      err += text
    },
    isTty: overrides.isTty ?? false,
    columns: 60,
    signal: controller.signal,
    now: overrides.now ?? (() => 0),
    env: process.env,
    cwd: overrides.cwd ?? process.cwd(),
    out: () => out,
    err: () => err,
    abort: () => controller.abort(),
  }
}
