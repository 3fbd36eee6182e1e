/** The promise's value, or undefined when the time is over first; the promise itself runs on. */
export async function withDeadline<T>(promise: Promise<T>, remainingMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, remainingMs))
  })
  // Once the time is over nobody listens any more, and a late rejection must not end the process.
  promise.catch(() => undefined)
  try {
    return await Promise.race([promise, over])
  } finally {
    clearTimeout(timer)
  }
}
