// IAM's patterns: `*` stands for any text, also across `:` and `/`, `?` for one character (IAM User Guide, "Resource").

/** Whether `general` matches each text that `specific` stands for. */
export function covers(general: string, specific: string): boolean {
  let at = 0
  let of = 0
  let star = -1
  let retry = 0
  while (of < specific.length) {
    const want = general[at]
    const have = specific[of]
    if (want === '*') {
      star = at
      retry = of
      at += 1
    } else if (have !== '*' && (want === have || want === '?')) {
      at += 1
      of += 1
    } else if (star >= 0) {
      at = star + 1
      retry += 1
      of = retry
    } else {
      return false
    }
  }
  return [...general.slice(at)].every((character) => character === '*')
}

/** Whether some text is matched by both patterns. */
export function intersects(one: string, other: string): boolean {
  // reachable[j]: what is left of `one` and other.slice(j) have a text in common.
  let reachable = endsInStars(other)
  for (let i = one.length - 1; i >= 0; i -= 1) {
    const row: boolean[] = new Array(other.length + 1).fill(false)
    for (let j = other.length; j >= 0; j -= 1)
      row[j] = step(one[i], other[j], row[j + 1], reachable[j], reachable[j + 1])
    reachable = row
  }
  return reachable[0] === true
}

function step(
  left: string | undefined,
  right: string | undefined,
  takeRight: boolean | undefined,
  takeLeft: boolean | undefined,
  takeBoth: boolean | undefined,
): boolean {
  if (left === '*' || right === '*') {
    return (
      (left === '*' && (takeLeft === true || (right !== undefined && takeRight === true))) ||
      (right === '*' && (takeRight === true || takeLeft === true))
    )
  }
  return right !== undefined && (left === right || left === '?' || right === '?') && takeBoth === true
}

function endsInStars(pattern: string): boolean[] {
  const stars: boolean[] = new Array(pattern.length + 1).fill(false)
  stars[pattern.length] = true
  for (let j = pattern.length - 1; j >= 0 && pattern[j] === '*'; j -= 1) stars[j] = true
  return stars
}
