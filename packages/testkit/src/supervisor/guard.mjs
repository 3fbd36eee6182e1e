// Ends process groups when the process that started them is gone, however it went: SIGKILL gives it no chance to do so
// itself. Standard input is a pipe that only that process holds, so its end of file is its death. Plain JavaScript
// without imports of the package: it is started by path, from sources and from dist alike.
//
// One command per line: {"watch": pid} {"release": pid} {"folder": path} {"keep": path}. A watched pid is the leader of
// a process group; a folder is removed after the groups have ended.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

const graceMs = 5_000
const pollMs = 50
const groups = new Set()
const folders = new Set()

// It must outlive its parent by a moment, also when a whole session or container is told to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line)
    if ('watch' in command) groups.add(command.watch)
    if ('release' in command) groups.delete(command.release)
    if ('folder' in command) folders.add(command.folder)
    if ('keep' in command) folders.delete(command.keep)
  })
  .on('close', endAll)

async function endAll() {
  for (const group of groups) signalGroup(group, 'SIGTERM')
  const deadline = performance.now() + graceMs
  while (performance.now() < deadline && [...groups].some((group) => signalGroup(group, 0)))
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  for (const group of groups) signalGroup(group, 'SIGKILL')
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  process.exit(0)
}

/** Whether the group still has a member. */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal)
    return true
  } catch {
    return false
  }
}
