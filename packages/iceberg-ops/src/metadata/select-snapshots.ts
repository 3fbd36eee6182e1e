import { TidewaterError } from '@tidewater/core'
import type { Snapshot, TableMetadata } from './table/model.js'

/**
 * Which snapshots' files: the current one's (none in a table without), those of all snapshots that the metadata has, of one
 * by id, or of the one that a branch or tag points at.
 */
export type SnapshotSelection = 'current' | 'all' | { readonly snapshotId: bigint } | { readonly ref: string }

/** @throws TidewaterError `SNAPSHOT_NOT_FOUND` */
export function selectSnapshots(metadata: TableMetadata, selection: SnapshotSelection): readonly Snapshot[] {
  if (selection === 'all') return metadata.snapshots
  if (selection === 'current') {
    return metadata.currentSnapshotId === undefined
      ? []
      : [snapshotById(metadata, metadata.currentSnapshotId)]
  }
  if ('snapshotId' in selection) return [snapshotById(metadata, selection.snapshotId)]
  const ref = metadata.refs.get(selection.ref)
  if (ref !== undefined) return [snapshotById(metadata, ref.snapshotId)]
  throw new TidewaterError(
    'SNAPSHOT_NOT_FOUND',
    `The table has no branch or tag ${JSON.stringify(selection.ref)}`,
    {
      remedy: `Name one of ${[...metadata.refs.keys()].join(', ') || 'its snapshots: it has no references'}.`,
      details: { ref: selection.ref, refs: [...metadata.refs.keys()] },
    },
  )
}

function snapshotById({ snapshots, location }: TableMetadata, snapshotId: bigint): Snapshot {
  const found = snapshots.find((snapshot) => snapshot.snapshotId === snapshotId)
  if (found !== undefined) return found
  throw new TidewaterError('SNAPSHOT_NOT_FOUND', `${location} has no snapshot ${snapshotId}`, {
    remedy: 'It may have been expired; choose one of the snapshots in the metadata.',
    details: { snapshotId: String(snapshotId), snapshots: snapshots.length },
  })
}
