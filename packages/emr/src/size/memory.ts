import type { Process } from './sizing.js'

// Spark's own: a tenth of the heap, and never less.
const overheadShare = 0.1
export const minOverheadMb = 384

/** Heap and what stands beside it, of a process that has `containerMb` in all. */
export function processIn(containerMb: number, cores: number): Process {
  const overheadMb = Math.max(minOverheadMb, Math.ceil((containerMb * overheadShare) / (1 + overheadShare)))
  return { cores, memoryMb: containerMb - overheadMb, memoryOverheadMb: overheadMb }
}
