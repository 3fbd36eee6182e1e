import { fileStore } from '@tidewater/core/storage'
import { openTable, scanFiles } from '@tidewater/iceberg-ops/metadata'
import { measured } from './measured.mjs'

const [warehouse] = process.argv.slice(2)

await measured(async () => {
  const source = { type: 'hadoop', warehouse, namespace: 'db', name: 'large' }
  const { metadata } = await openTable(source, { objects: fileStore })
  // What health needs first: files and bytes of each partition.
  const counts = []
  const sizes = []
  const visitor = {
    file: ({ partition, fileSizeBytes }) => {
      counts[partition.index] = (counts[partition.index] ?? 0) + 1
      sizes[partition.index] = (sizes[partition.index] ?? 0) + fileSizeBytes
    },
  }
  const { files } = await scanFiles(metadata, 'current', visitor, { objects: fileStore })
  return { files, bytes: sizes.reduce((sum, size) => sum + size, 0) }
})
