/** Runs the work and prints what it found and took, as one line of JSON. */
export async function measured(work) {
  const startedAtMs = performance.now()
  const before = process.cpuUsage()
  const found = await work()
  const { user, system } = process.cpuUsage(before)
  console.log(
    JSON.stringify({
      ...found,
      wallSeconds: (performance.now() - startedAtMs) / 1_000,
      cpuSeconds: (user + system) / 1e6,
      peakMb: process.resourceUsage().maxRSS / 1_024,
    }),
  )
}
