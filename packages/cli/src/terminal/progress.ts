import type { CliIo } from '../io.js'
import { bar, count, seconds } from './format.js'

/** One stage of long work, shown while it runs. */
export interface Stage {
  /** How far it is. `total` undefined when it isn't known. */
  update(done: number, total: number | undefined, text?: string): void
  /** A line about what is happening now. */
  say(text: string): void
  finish(summary: string): void
  fail(): void
}

const redrawEveryMs = 100
const plainLineEveryMs = 5_000

/**
 * Starts a stage: on a terminal one line that is drawn over, in a pipe plain lines at the start, every few seconds and
 * at the end.
 */
export function startStage(io: CliIo, title: string): Stage {
  const startedAtMs = io.now()
  const elapsed = () => seconds((io.now() - startedAtMs) / 1000)
  let text = ''
  let drawnAtMs = 0
  let position: { done: number; total: number | undefined } | undefined
  const clear = () => (io.isTty ? '\r\x1b[2K' : '')

  const draw = () => {
    const nowMs = io.now()
    if (nowMs - drawnAtMs < (io.isTty ? redrawEveryMs : plainLineEveryMs)) return
    drawnAtMs = nowMs
    const line = `${title}  ${render(position, text)}  ${elapsed()}`
    io.stderr(io.isTty ? clear() + line.slice(0, io.columns - 1) : `${line}\n`)
  }
  // The clock of a silent stage keeps running on a terminal, so that it is seen to be alive.
  const timer = setInterval(draw, io.isTty ? redrawEveryMs : plainLineEveryMs)
  timer.unref()
  if (io.isTty) draw()
  else {
    drawnAtMs = startedAtMs
    io.stderr(`${title} ...\n`)
  }

  return {
    update(done, total, next = text) {
      position = { done, total }
      text = next
      draw()
    },
    say(next) {
      text = next
      draw()
    },
    finish(summary) {
      clearInterval(timer)
      io.stderr(`${clear()}${title}: ${summary} (${elapsed()})\n`)
    },
    fail() {
      clearInterval(timer)
      io.stderr(`${clear()}${title}: failed after ${elapsed()}\n`)
    },
  }
}

/** Runs `work` as a stage; `summary` makes its closing words from the result. */
export async function runStage<T>(
  io: CliIo,
  title: string,
  work: (stage: Stage) => Promise<T>,
  summary: (result: T) => string,
): Promise<T> {
  const stage = startStage(io, title)
  try {
    const result = await work(stage)
    stage.finish(summary(result))
    return result
  } catch (error) {
    stage.fail()
    throw error
  }
}

function render(position: { done: number; total: number | undefined } | undefined, text: string): string {
  if (position === undefined) return text
  if (position.total === undefined) return `${count(position.done)} ${text}`
  const share = position.total === 0 ? 1 : Math.min(1, position.done / position.total)
  return `${bar(share, 24)} ${(share * 100).toFixed(0).padStart(3)} %  ${count(position.done)} of ${count(position.total)} ${text}`
}
