import type { CliIo } from '../io.js'

const plainLineEveryMs = 5_000

/** Some lines that show how long work stands: on a terminal drawn over, in a pipe one plain line every few seconds. */
export interface LiveBlock {
  /** @param block lines, each with its line feed. @param line the same for a pipe */
  draw(block: string, line: string): void
  /** Takes the lines off the terminal. */
  end(): void
}

export function startLiveBlock(io: CliIo): LiveBlock {
  let drawnLines = 0
  let printedAtMs = io.now()
  const clear = () => (drawnLines === 0 ? '' : `\x1b[${drawnLines}A\r\x1b[J`)
  return {
    draw(block, line) {
      if (!io.isTty) {
        if (io.now() - printedAtMs < plainLineEveryMs) return
        printedAtMs = io.now()
        io.stderr(`${line}\n`)
        return
      }
      // A line that the terminal wraps would be two to go back over.
      const lines = block.split('\n').slice(0, -1)
      io.stderr(clear() + lines.map((text) => `${text.slice(0, io.columns - 1)}\n`).join(''))
      drawnLines = lines.length
    },
    end() {
      if (io.isTty) io.stderr(clear())
      drawnLines = 0
    },
  }
}
