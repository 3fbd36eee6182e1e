import { z } from 'zod'

const ratio = z.number().min(0).max(1)

/**
 * From where on a figure of a table's health is a finding. The defaults are those of tools that measured them in the field:
 * small files and metadata of iceberg-janitor, deletes of Amoro, and Iceberg's own sizes.
 */
export const healthThresholdsSchema = z.strictObject({
  /** Share of the data files that are small. Default 0.3 for a warning, 0.6 for an error. */
  smallFileRatio: z.strictObject({ warning: ratio, error: ratio }).default({ warning: 0.3, error: 0.6 }),
  /** Fewer small files than this are nothing to worry about, whatever their share. Default 10. */
  minSmallFiles: z.int().min(0).default(10),
  /** Bytes of the current metadata by those of the data. Default 0.05 and 0.1. */
  metadataRatio: z.strictObject({ warning: ratio, error: ratio }).default({ warning: 0.05, error: 0.1 }),
  /** Metadata below this is nothing to worry about, whatever its share. Default 16 MiB. */
  minMetadataBytes: z
    .int()
    .min(0)
    .default(16 * 2 ** 20),
  /** Deleted rows by records, from where on readers pay for it. Default 0.1. */
  deleteRatio: ratio.default(0.1),
  /** Snapshots that the metadata file carries. Default 1,000. */
  maxSnapshots: z.int().min(1).default(1_000),
  /** Data manifests a partition is in on average. Default 4. */
  maxManifestsPerPartition: z.number().min(1).default(4),
  /** The largest partition by the median one. Default 20. */
  maxPartitionSkew: z.number().min(1).default(20),
  /** Shortest time between two commits of a stream. Default 60 s, the shortest trigger that the run book advises. */
  minCommitIntervalMs: z.int().min(0).default(60_000),
  /** How far in the future a snapshot may be. Default 60,000, what Iceberg bears between two writers. */
  maxClockSkewMs: z.int().min(0).default(60_000),
})

export type HealthThresholds = z.infer<typeof healthThresholdsSchema>
export type HealthThresholdsInput = z.input<typeof healthThresholdsSchema>
