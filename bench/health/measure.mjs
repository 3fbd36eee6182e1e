// Measures a table's health in a process of its own, and says what that took.
import { fileStore } from '@tidewater/core/storage'
import { healthFindings, measureHealth } from '@tidewater/iceberg-ops'
import { openTable } from '@tidewater/iceberg-ops/metadata'

const [location] = process.argv.slice(2)
const before = process.resourceUsage()
const startedMs = performance.now()
const { metadata, metadataLocation } = await openTable({ type: 'metadata', location }, { objects: fileStore })
const health = await measureHealth(
  { name: 'bench.health', metadata, metadataLocation },
  { objects: fileStore, nowMs: Date.now() },
)
const seconds = (performance.now() - startedMs) / 1_000
const after = process.resourceUsage()
process.stdout.write(
  JSON.stringify({
    seconds,
    cpuSeconds: (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6,
    maxRssMiB: after.maxRSS / 1_024,
    files: health.dataFiles.count,
    bytes: health.dataFiles.bytes,
    partitions: health.partitions.count,
    findings: healthFindings(health).map(({ id }) => id),
  }),
)
