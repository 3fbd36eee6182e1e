/**
 * A set of locations that keeps 64 bits of each instead of its text: a million take 16 MB. Two locations may be taken for one,
 * by a chance of one in ten million at a million locations; who asks must be safe when told of one that was never added.
 */
export class LocationSet {
  #capacity = 1 << 12
  /** Two words for each place; both 0 where it is free. */
  #words = new Uint32Array(2 * this.#capacity)
  #size = 0

  get size(): number {
    return this.#size
  }

  add(location: string): void {
    const [high, low] = hashOf(location)
    if (this.#place(high, low)) this.#size += 1
    if (this.#size * 2 > this.#capacity) this.#grow()
  }

  has(location: string): boolean {
    const [high, low] = hashOf(location)
    const at = this.#find(high, low)
    return this.#words[at] === high && this.#words[at + 1] === low
  }

  /** @returns whether it was not there */
  #place(high: number, low: number): boolean {
    const at = this.#find(high, low)
    if (this.#words[at] === high && this.#words[at + 1] === low) return false
    this.#words[at] = high
    this.#words[at + 1] = low
    return true
  }

  /** Where it is, or would be. */
  #find(high: number, low: number): number {
    const words = this.#words
    const mask = this.#capacity - 1
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const at = 2 * place
      if (words[at] === 0 && words[at + 1] === 0) return at
      if (words[at] === high && words[at + 1] === low) return at
    }
  }

  #grow(): void {
    const old = this.#words
    this.#capacity *= 2
    this.#words = new Uint32Array(2 * this.#capacity)
    for (let at = 0; at < old.length; at += 2) {
      const [high, low] = [old[at] as number, old[at + 1] as number]
      if (high !== 0 || low !== 0) this.#place(high, low)
    }
  }
}

/** FNV-1a over the UTF-16 units, from two beginnings, each mixed to its last bit (MurmurHash3's finaliser). */
function hashOf(location: string): readonly [high: number, low: number] {
  let high = 0x811c9dc5
  let low = 0x9e3779b9
  for (let at = 0; at < location.length; at++) {
    const unit = location.charCodeAt(at)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low ^ unit, 0x85ebca6b)
  }
  // Never both 0, which means a free place.
  return [mixed(high) || 1, mixed(low)]
}

function mixed(word: number): number {
  let bits = word ^ (word >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/**
 * One form for the ways in which engines write a location: `s3a` and `s3n` are `s3`, a file's scheme and host go, and doubled
 * and trailing slashes.
 */
export function plainLocation(location: string): string {
  const [, scheme = '', rest = location] = /^([a-z][a-z0-9+.-]*):\/*(.*)$/i.exec(location) ?? []
  const path = rest.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')
  const kind = scheme.toLowerCase()
  if (kind === '' || kind === 'file') return path.startsWith('/') ? path : `/${path}`
  return `${/^s3[an]?$/.test(kind) ? 's3' : kind}://${path}`
}

/** Whether it is all of a bucket, whose other folders are other tables. */
export function isBucketRoot(location: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/]*$/.test(plainLocation(location))
}
