export { type OpenedTable, openTable } from '../catalog/open-table.js'
export type {
  GlueSource,
  HadoopSource,
  MetadataSource,
  RestSource,
  TableSource,
} from '../catalog/source.js'
export type { Damage } from './damage.js'
export type { FileContent, FileEntry, FileStatus } from './manifest/file-entry.js'
export type { ManifestFile } from './manifest/manifest-list.js'
export type { Partition } from './manifest/partition.js'
export type { PartitionValue } from './manifest/partition-name.js'
export { type ReadOptions, readMetadataFile } from './read-metadata-file.js'
export {
  type FileVisitor,
  type ScanOptions,
  type ScanReport,
  scanFiles,
  type UnreadableFile,
} from './scan-files.js'
export type { SnapshotSelection } from './select-snapshots.js'
export { metadataVersionOf } from './table/metadata-file-name.js'
export type * from './table/model.js'
export { parseTableMetadata } from './table/parse-table.js'
